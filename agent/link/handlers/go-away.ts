import type { GoAway } from '../../../proto/gen/sluice/agent/v1/GoAway.ts'
import type { FrameTarget } from './frame-target.ts'

export function onGoAway(target: FrameTarget, { reason, reconnectAfterMs }: GoAway): void {
  target.finish({ kind: 'goAway', reason, reconnectAfterMs })
}
