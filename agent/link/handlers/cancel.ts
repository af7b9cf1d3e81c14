import type { Cancel } from '../../../proto/gen/sluice/agent/v1/Cancel.ts'
import type { FrameTarget } from './frame-target.ts'

/** Of work that is over or unknown: nothing to do. */
export function onCancel(target: FrameTarget, { workId, attempt, reason }: Cancel): void {
  target.parts.log.info({ workId, attempt, reason }, 'work is to be cancelled')
  target.parts.desk.cancel({ workId, attempt }, reason)
}
