import type { Accept } from '../../../proto/gen/sluice/agent/v1/Accept.ts'
import type { FrameContext } from '../link-context.ts'

/** An Accept of an attempt that was withdrawn meanwhile is answered with Cancel. */
export function onAccept({ link, record, session }: FrameContext, accept: Accept): void {
  const ref = { workId: accept.workId, attempt: accept.attempt }
  const work = record.outstanding.get(ref.workId)
  if (work === undefined || work.ref.attempt !== ref.attempt) {
    session.send({
      cancel: { ...ref, reason: 'the assignment was withdrawn: its answer came late' },
    })
    return
  }
  work.answered()
  record.queue.push(async () => {
    try {
      await link.events.accepted(record.agentId, ref)
      link.latency.accepted(ref.workId, link.clock.monotonicMs())
    } catch (error) {
      link.log.error({ err: error, agentId: record.agentId, ...ref }, 'an accept cannot be stored')
      session.breakOff('the control plane cannot store an accept')
    }
  })
}
