import type { Result } from '../../../proto/gen/sluice/agent/v1/Result.ts'
import type { FrameContext } from '../link-context.ts'

/**
 * The agent keeps the result until ResultAck, and ResultAck goes out only when the outcome is
 * durable. When it cannot be made durable the session is broken off: the next Hello offers it again.
 */
export function onResult({ link, record, session }: FrameContext, result: Result): void {
  const ref = { workId: result.workId, attempt: result.attempt }
  if (record.release(ref)) link.latency.ended(ref.workId, link.clock.monotonicMs())
  record.queue.push(async () => {
    try {
      await link.events.result(record.agentId, result)
    } catch (error) {
      link.log.error({ err: error, agentId: record.agentId, ...ref }, 'a result cannot be stored')
      session.breakOff('the control plane cannot store a result')
      return
    }
    if (session.isOpen) session.send({ resultAck: ref })
  })
}
