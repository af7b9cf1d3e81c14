import type { Drain } from '../../../proto/gen/sluice/agent/v1/Drain.ts'
import type { FrameTarget } from './frame-target.ts'

export function onDrain(target: FrameTarget, { deadlineMs }: Drain): void {
  target.parts.onDrain(deadlineMs)
}
