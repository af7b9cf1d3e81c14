/** The agents of the group: that there is none, or why none of them takes work. */
import type { RunReason } from '../run-port.ts'
import { addAgent, listed, names, NAMES_SHOWN_MAX, silence } from './phrases.ts'
import type { Ranked } from './ranked.ts'
import { type ExplainAgent, type ExplainSnapshot, mayDo } from './snapshot.ts'

const UPGRADING = 'upgrading'

interface NotReady {
  readonly code: RunReason['code']
  /** As `fateOf` says them. */
  readonly fates: readonly string[]
  readonly title: string
  readonly what: string
  /** `first`: one of them. */
  readonly fix: (first: ExplainAgent, groupName: string) => string
}

/** The most telling first. */
const NOT_READY: readonly NotReady[] = [
  {
    code: 'AGENTS_QUARANTINED',
    fates: ['quarantined'],
    title: 'agents are in quarantine',
    what: 'are in quarantine, because a copy of them was seen',
    fix: (first) =>
      `see who says to be the agent: sluice agent copies; then decide: sluice agent resolve ${first.name} <copy> --as same (or --as new)`,
  },
  {
    code: 'AGENTS_UPGRADING',
    fates: [UPGRADING],
    title: 'agents are being upgraded',
    what: 'are being upgraded and take no work meanwhile',
    fix: ({ upgrade }) =>
      `wait until they are back, or see how it goes: sluice upgrade show ${upgrade?.id}`,
  },
  {
    code: 'AGENTS_DRAINING',
    fates: ['draining', 'drained'],
    title: 'agents are drained',
    what: 'are drained and take nothing new',
    fix: (first) => `take the drain back: sluice agent resume ${first.name}`,
  },
  {
    code: 'AGENTS_OFFLINE',
    fates: ['offline', 'suspect', 'enrolled'],
    title: 'agents are offline',
    what: 'are offline',
    fix: () => 'look at the host: systemctl status sluice-agent, or sluice-agent doctor',
  },
  {
    code: 'AGENTS_REVOKED',
    fates: ['revoked'],
    title: 'agents are revoked',
    what: 'are revoked for good',
    fix: (_, groupName) => `install the agent again: ${addAgent(groupName)}`,
  },
  {
    code: 'AGENTS_NOT_READY',
    fates: ['online'],
    title: 'agents are connecting',
    what: 'are online but take no work yet (they connect, or their disk is full)',
    fix: (first) => `wait a few seconds; more is said by: sluice agent show ${first.name}`,
  },
]

/** Empty when there is an agent that takes work. */
export function withoutAgents(at: ExplainSnapshot): Ranked[] {
  const { agents, groupName } = at
  if (agents.length === 0) return [noAgent(groupName)]
  if (agents.some((agent) => agent.isReady && mayDo(agent, at.wants))) return []
  const away = NOT_READY.map((kind) => notReady(at, kind))
  return [...away, weightZero(at)].filter((reason) => reason !== null)
}

function noAgent(groupName: string): Ranked {
  return {
    code: 'NO_AGENT',
    title: 'the group has no agent',
    detail: `resource group ${groupName} has no agent`,
    fix: `install one: ${addAgent(groupName)}; or name another group`,
    blocks: true,
  }
}

function notReady({ agents, groupName, nowMs }: ExplainSnapshot, kind: NotReady): Ranked | null {
  const some = agents.filter((agent) => !agent.isReady && kind.fates.includes(fateOf(agent)))
  const [first] = some
  if (first === undefined) return null
  const whose =
    some.length === agents.length
      ? `all ${some.length} agents`
      : `${some.length} of ${agents.length} agents`
  const since = some
    .slice(0, NAMES_SHOWN_MAX)
    .map((agent) => `${agent.name}${remark(agent, nowMs)}`)
  return {
    code: kind.code,
    title: kind.title,
    detail: `${whose} of resource group ${groupName} ${kind.what}: ${listed(since, some.length)}`,
    fix: kind.fix(first, groupName),
    agents: names(some),
    blocks: true,
  }
}

/** Its upgrade, where that explains why it is not ready; else its stored state. */
function fateOf({ state, upgrade }: ExplainAgent): string {
  const fits = state === 'online' || state === 'offline'
  return upgrade !== null && fits ? UPGRADING : state
}

function remark(agent: ExplainAgent, nowMs: number): string {
  const { upgrade } = agent
  const isUpgraded = upgrade !== null && fateOf(agent) === UPGRADING
  return isUpgraded ? ` (to ${upgrade.version})` : silence(agent, nowMs)
}

function weightZero({ agents, groupName, wants }: ExplainSnapshot): Ranked | null {
  const unweighted = agents.filter((agent) => agent.isReady && agent.weight === 0)
  const [first] = unweighted
  if (first === undefined || wants !== 'slices') return null
  return {
    code: 'WEIGHT_ZERO',
    title: 'the agents have weight 0',
    detail: `the agents of resource group ${groupName} that are online have weight 0, which takes no slices: ${listed(names(unweighted), unweighted.length)}`,
    fix: `sluice agent update ${first.name} --weight 1`,
    agents: names(unweighted),
    blocks: true,
  }
}
