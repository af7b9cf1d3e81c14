import type { Reject } from '../../../proto/gen/sluice/agent/v1/Reject.ts'
import type { FrameContext } from '../link-context.ts'

export function onReject({ link, record, session }: FrameContext, reject: Reject): void {
  const ref = { workId: reject.workId, attempt: reject.attempt }
  // It will say the same to all others: nothing more is offered in this session.
  if (reject.reason === 'DRAINING') record.refusesWork = true
  // Others of its group may have room: they must not wait behind what it refuses.
  if (reject.reason === 'NO_DISK') record.hasNoRoom = true
  if (!record.release(ref)) return
  const reason = reject.message === '' ? reject.reason : `${reject.reason}: ${reject.message}`
  record.queue.push(async () => {
    try {
      await link.events.rejected(record.agentId, ref, reason)
    } catch (error) {
      link.log.error({ err: error, agentId: record.agentId, ...ref }, 'a reject cannot be stored')
      session.breakOff('the control plane cannot store a reject')
    }
  })
}
