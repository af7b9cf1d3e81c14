/**
 * Handing out work. An attempt is outstanding from Assign until its Result, its Reject, its accept
 * timeout, or the agent's loss; credit is what outstanding attempts leave free.
 */
import type { AssignInput } from '../../proto/gen/sluice/agent/v1/Assign.ts'
import type { WorkRef } from '../run/link-port.ts'
import type { AgentRecord } from './agent-record.ts'
import type { LinkContext } from './link-context.ts'

/** False: the agent is not ready, has no credit, or its stream is full. Nothing was sent. */
export function assign(link: LinkContext, agentId: string, work: AssignInput & WorkRef): boolean {
  const record = link.registry.get(agentId)
  if (record === undefined || !record.isReady) return false
  const takesChannel = work.slice !== undefined && work.slice !== null
  const older = record.outstanding.get(work.workId)
  if (older !== undefined && older.ref.attempt >= work.attempt) return false
  if (older === undefined && !record.hasRoomFor(takesChannel)) return false
  if (record.session?.offer({ assign: work }) !== true) return false
  older?.answered()
  const ref = { workId: work.workId, attempt: work.attempt }
  const answered = link.clock.after(link.settings.acceptTimeoutMs, () =>
    withdraw(link, record, ref),
  )
  record.outstanding.set(ref.workId, { ref, takesChannel, answered })
  if (takesChannel) link.latency.assigned(ref.workId, link.clock.monotonicMs())
  return true
}

/** Asks the agent to stop. The attempt stays outstanding until its Result. */
export function cancel(link: LinkContext, agentId: string, ref: WorkRef, reason: string): void {
  const session = link.registry.get(agentId)?.session
  if (session?.isOpen === true) session.send({ cancel: { ...ref, reason } })
}

/** False: it is not running there, or the agent's stream has no room now. */
export function updateSpeed(
  link: LinkContext,
  agentId: string,
  { workId, attempt }: WorkRef,
  bytesPerSecond: number,
): boolean {
  const record = link.registry.get(agentId)
  if (record?.outstanding.get(workId)?.ref.attempt !== attempt) return false
  if (record.session?.isActive !== true) return false
  return record.session.offer({ speedUpdate: { workId, attempt, bytesPerSecond } })
}

/** No answer in time: the attempt is burnt, wherever its Assign is. */
function withdraw(link: LinkContext, record: AgentRecord, ref: WorkRef): void {
  if (!record.release(ref)) return
  const reason = `no answer to the assignment within ${link.settings.acceptTimeoutMs} ms`
  link.log.warn({ agentId: record.agentId, ...ref }, reason)
  cancel(link, record.agentId, ref, reason)
  record.queue.push(async () => {
    try {
      await link.events.rejected(record.agentId, ref, `TIMEOUT: ${reason}`)
    } catch (error) {
      // The next Hello does not list it: then it goes back.
      link.log.error(
        { err: error, agentId: record.agentId, ...ref },
        'a withdrawal cannot be stored',
      )
      record.session?.breakOff('the control plane cannot store a withdrawal')
    }
  })
}
