import type { HeartbeatAck } from '../../../proto/gen/sluice/agent/v1/HeartbeatAck.ts'
import type { FrameTarget } from './frame-target.ts'

/** Under load the control plane stretches beat and lease together. */
export function onHeartbeatAck(target: FrameTarget, ack: HeartbeatAck): void {
  target.beatAcknowledged(ack)
}
