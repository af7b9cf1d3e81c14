/** Data sources that agents cannot reach, or that are being tested. */
import { listed, names, NAMES_SHOWN_MAX } from './phrases.ts'
import type { Ranked } from './ranked.ts'
import { type ExplainSnapshot, mayDo } from './snapshot.ts'

/** Agents that are there, but not for the data sources of this run. */
export function unreachable({ agents, wants }: ExplainSnapshot): Ranked[] {
  const ready = agents.filter((agent) => agent.isReady && mayDo(agent, wants))
  const reasons: Ranked[] = []
  const closed = ready.flatMap(({ name, gate }) => (gate.kind === 'closed' ? [{ name, gate }] : []))
  const testing = ready.filter((agent) => agent.gate.kind === 'testing')
  const isOpen = closed.length + testing.length < ready.length
  const [first] = closed
  if (first !== undefined) {
    const { datasource, verdict, message } = first.gate
    reasons.push({
      code: 'CONNECTIVITY_CLOSED',
      title: 'agents cannot reach a data source',
      detail: `${closed.length} of ${ready.length} agents cannot use data source ${datasource} (${verdict}): ${first.name}: ${message}`,
      fix: `mend it; it is tested again by itself, or now: sluice datasource test ${datasource}`,
      agents: closed.slice(0, NAMES_SHOWN_MAX).map(({ name }) => name),
      blocks: !isOpen,
    })
  }
  if (testing.length > 0 && !isOpen) {
    reasons.push({
      code: 'CONNECTIVITY_TESTING',
      title: 'data sources are being tested',
      detail: `whether the agents reach the data sources is being tested: ${listed(names(testing), testing.length)}`,
      fix: 'wait for the test; it takes some seconds',
      agents: names(testing),
      blocks: true,
    })
  }
  return reasons
}
