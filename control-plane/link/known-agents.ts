import { reportLoss } from './agent-presence.ts'
import { returnMs } from './lease.ts'
import type { LinkContext } from './link-context.ts'
import type { StoredAgent } from './link-store.ts'

/**
 * At start, before any agent is let in: a full fresh lease for every agent that is not gone. L2 of
 * lease.ts: silence before this process started is no silence.
 */
export async function meetKnownAgents(link: LinkContext): Promise<void> {
  const agents = await link.store.listAgents()
  const isGoneState = ({ state }: StoredAgent): boolean =>
    state === 'offline' || state === 'revoked'
  const expected = agents.filter((agent) => !isGoneState(agent)).length
  const nowMs = link.clock.monotonicMs() + returnMs(expected)
  for (const agent of agents) {
    const isGone = isGoneState(agent)
    const record = link.registry.obtain(agent, isGone ? 'offline' : 'suspect', nowMs)
    record.told = link.pace.toldBefore(expected)
    if (agent.state !== 'revoked') continue
    // A crash between the revocation and the loss of its work is made good here.
    record.revoked = true
    record.lossToReport = 'the agent was revoked'
    reportLoss(link, record)
  }
}
