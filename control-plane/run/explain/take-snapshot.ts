/** Takes snapshots from the coordinator's memory, and the agents of the group as they are stored. */
import { type GroupAgentRow, listAgentsOfGroup } from '../../store/agents/list-agents-of-group.ts'
import type { Database } from '../../store/database.ts'
import { takesNoWork } from '../../upgrade/campaign.ts'
import type { UpgradeControl } from '../../upgrade/upgrade-port.ts'
import type { ActiveRun } from '../active-run.ts'
import type { ConnectivityGate } from '../connectivity-port.ts'
import type { GroupPolicies } from '../group-policies.ts'
import { isPausedFor, STEPS_PER_AGENT_MAX } from '../hand-out.ts'
import type { AgentLink, ReadyAgent } from '../link-port.ts'
import { isDue } from '../retry.ts'
import { stepOf } from '../run-state.ts'
import type { RunTable } from '../run-table.ts'
import type { SpeedLimits } from '../speed-limits.ts'
import type { ExplainAgent, ExplainSnapshot } from './snapshot.ts'

/** Many may watch runs of one group: its agents are read once for all of them. */
const AGENTS_KNOWN_MS = 1_000
/** Groups whose agents are remembered; the oldest goes first. */
const GROUPS_KNOWN_MAX = 100

export interface ExplainDeps {
  readonly db: Database
  readonly runs: RunTable
  readonly link: AgentLink
  readonly policies: GroupPolicies
  readonly gate: ConnectivityGate
  readonly speed: SpeedLimits
  readonly upgrading: UpgradeControl['upgrading']
  readonly nowMs: () => number
  readonly agentName: (agentId: string) => string
}

export class ExplainSnapshots {
  readonly #deps: ExplainDeps
  readonly #agents = new Map<
    number,
    { readonly atMs: number; readonly rows: Promise<GroupAgentRow[]> }
  >()

  constructor(deps: ExplainDeps) {
    this.#deps = deps
  }

  async of(run: ActiveRun): Promise<ExplainSnapshot> {
    const { runs, policies, speed, nowMs, agentName } = this.#deps
    const { groupId, groupName, jobName, priority } = run.identity
    const rows = await this.#agentsOf(groupId)
    const step = stepOf(run.state)
    const { refusal } = run
    const retryAtMs =
      step?.holder.name === 'pending'
        ? step.holder.retryAtMs
        : (run.slices.waiting?.untilMs ?? null)
    return {
      nowMs: nowMs(),
      runId: run.id,
      jobName,
      groupName,
      priority,
      state: run.state,
      wants: this.#wants(run),
      inFlight: run.heldWork().length,
      concurrent: run.job.speed.concurrent,
      group: policies.of(groupId),
      isPaused: isPausedFor(run, policies),
      slicesInGroup: runs.held.slicesOfGroup(groupId),
      agents: this.#explainAgents(run, rows),
      others: this.#others(run),
      olderRunId: runs.olderOf(run)?.id ?? null,
      refusal: refusal === null ? null : { ...refusal, agentName: agentName(refusal.agentId) },
      lastFailure: run.lastFailure,
      retryAtMs,
      speed:
        run.slices.held.size === 0
          ? run.job.speed.bytesPerSecond
          : (speed.shares(groupId).get(run.id) ?? null),
    }
  }

  #wants(run: ActiveRun): ExplainSnapshot['wants'] {
    const { state } = run
    if (state.name === 'waiting') return 'plan'
    const step = stepOf(state)
    if (step !== null) return step.holder.name === 'pending' ? step.kind : null
    if (state.name !== 'running') return null
    const nowMs = this.#deps.nowMs()
    const isWaiting = run.slices.waiting !== null && !isDue(run.slices.waiting.untilMs, nowMs)
    return run.slices.due(1, nowMs).length > 0 || isWaiting ? 'slices' : null
  }

  #explainAgents(run: ActiveRun, rows: readonly GroupAgentRow[]): ExplainAgent[] {
    const { link, runs, gate } = this.#deps
    const { groupId } = run.identity
    const ready = new Map<string, ReadyAgent>()
    for (const agent of link.readyAgentsOf?.(groupId) ?? link.readyAgents()) {
      if (agent.groupId === groupId) ready.set(agent.agentId, agent)
    }
    return rows.map(({ id, name, state, channels, weight, heartbeatAtMs }) => ({
      name,
      state,
      isReady: ready.has(id),
      channels: ready.get(id)?.channels ?? channels,
      slices: runs.held.slicesOf(id),
      isFullOfSteps: runs.held.stepsOf(id) >= STEPS_PER_AGENT_MAX,
      weight,
      heartbeatAtMs,
      gate:
        ready.has(id) && run.datasourceNames.length > 0
          ? gate.check(id, run.datasourceNames)
          : { kind: 'open' },
      upgrade: this.#upgrade(id),
    }))
  }

  #upgrade(agentId: string): ExplainAgent['upgrade'] {
    const underway = this.#deps.upgrading(agentId)
    return underway !== null && takesNoWork(underway) ? underway : null
  }

  #others(run: ActiveRun): ExplainSnapshot['others'] {
    const { groupId } = run.identity
    return [...this.#deps.runs.all].flatMap((other) => {
      const { id, jobName, priority } = other.identity
      const slices = other.slices.held.size
      const isOther = other !== run && other.identity.groupId === groupId && slices > 0
      return isOther ? [{ id, jobName, priority, slices }] : []
    })
  }

  #agentsOf(groupId: number): Promise<GroupAgentRow[]> {
    const nowMs = this.#deps.nowMs()
    const known = this.#agents.get(groupId)
    if (known !== undefined && Math.abs(nowMs - known.atMs) < AGENTS_KNOWN_MS) return known.rows
    const rows = listAgentsOfGroup(this.#deps.db, groupId)
    this.#agents.delete(groupId)
    this.#agents.set(groupId, { atMs: nowMs, rows })
    const [oldest] = this.#agents.keys()
    if (this.#agents.size > GROUPS_KNOWN_MAX && oldest !== undefined) this.#agents.delete(oldest)
    return rows
  }
}
