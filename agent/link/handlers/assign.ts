import type { Assign } from '../../../proto/gen/sluice/agent/v1/Assign.ts'
import type { FrameTarget } from './frame-target.ts'

export function onAssign(target: FrameTarget, assign: Assign): void {
  if (!target.isActive) return target.fail(`${assign.workId} was assigned before reconciled`)
  target.parts.desk.assign(assign)
}
