/**
 * Changes of an agent's presence, and what follows from them.
 *
 * P1. Each loss is reported to run/ until run/ has taken it, and only then stored as `offline`: a
 *     crash in between finds the agent with a lease at the next start, and loses it again.
 * P2. A Hello in the meantime takes the report back: reconcile decides about each work by itself.
 */
import type { AgentRecord } from './agent-record.ts'
import type { LinkContext } from './link-context.ts'

/** The agent was heard: its lease starts anew. */
export function heardFrom(link: LinkContext, record: AgentRecord): void {
  record.lastHeardMs = link.clock.monotonicMs()
  if (record.presence === 'online' || record.session === null) return
  const wasReady = record.isReady
  record.presence = 'online'
  storeState(link, record)
  // suspect -> online: the coordinator may use it again.
  if (!wasReady && record.isReady) record.queue.push(() => link.events.agentReady(record.ready))
}

export function becomeSuspect(link: LinkContext, record: AgentRecord): void {
  record.presence = 'suspect'
  link.log.warn({ agentId: record.agentId, agent: record.name }, 'agent is silent')
  storeState(link, record)
}

/** The lease is over, or the process is known to be gone: its attempts are lost. */
export function becomeLost(link: LinkContext, record: AgentRecord, why: string): void {
  record.presence = 'offline'
  record.releaseAll()
  record.lossToReport = why
  link.log.warn({ agentId: record.agentId, agent: record.name, why }, 'agent is lost')
  reportLoss(link, record)
}

/** Tells run/ of a loss that it has not taken yet. Called again by the sweep after a failure. */
export function reportLoss(link: LinkContext, record: AgentRecord): void {
  record.queue.push(async () => {
    const why = record.lossToReport
    if (why === null) return // P2
    await link.events.agentLost(record.agentId, why)
    if (record.lossToReport === why) record.lossToReport = null
    await saveState(link, record) // P1
  })
}

/** Stores the agent's state after everything that was queued for it before. */
export function storeState(link: LinkContext, record: AgentRecord): void {
  record.queue.push(() => saveState(link, record))
}

async function saveState(link: LinkContext, record: AgentRecord): Promise<void> {
  if (record.revoked) return
  await link.store.setAgentState(record.agentId, record.storedState)
}
