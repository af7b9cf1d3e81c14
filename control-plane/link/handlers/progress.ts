import type { Progress } from '../../../proto/gen/sluice/agent/v1/Progress.ts'
import type { FrameContext } from '../link-context.ts'

/** Of an attempt that is not this agent's any more: nobody is interested. */
export function onProgress({ link, record }: FrameContext, progress: Progress): void {
  if (record.outstanding.get(progress.workId)?.ref.attempt !== progress.attempt) return
  record.queue.push(() => link.events.progress(record.agentId, progress))
}
