/**
 * Rounds of handing out: what of which run goes to which agent, by what is in memory. A round decides at
 * once and waits for nothing; storing and sending is each run's own affair, so that a run that is
 * slow to store keeps nobody waiting.
 *
 * O1  What was decided and is not in memory yet counts: `#promised` (by agent, by group) until its
 *     run is done with it, and a run has one hand-out under way at most.
 * O2  In a paused group nothing new goes out. What a commit needs still does: from there on there is only
 *     forward (I4).
 */
import { Heap } from '../../lib/heap.ts'
import type { ActiveRun } from './active-run.ts'
import { assignSlices, type FreeAgent, newTurns, type SliceDemand } from './assign.ts'
import { Candidates } from './candidates.ts'
import type { ConnectivityGate } from './connectivity-port.ts'
import type { Dispatch, PlannedSlice } from './dispatch.ts'
import type { GroupPolicies } from './group-policies.ts'
import type { AgentLink, ReadyAgent } from './link-port.ts'
import { isDue } from './retry.ts'
import { type RunState, stepOf } from './run-state.ts'
import type { RunTable } from './run-table.ts'

/** Steps that one agent is given at once: they are light, but each may wait on the service. */
export const STEPS_PER_AGENT_MAX = 4

export interface HandOutDeps {
  readonly dispatch: Dispatch
  readonly link: AgentLink
  readonly runs: RunTable
  readonly policies: GroupPolicies
  readonly gate: ConnectivityGate
  readonly nowMs: () => number
  /** Carries on with what a round has decided for a run, inside the run's `exclusive`. */
  readonly start: (run: ActiveRun, work: () => Promise<void>) => Promise<void>
}

interface Promised {
  slices: number
  steps: number
}

export class HandOut {
  readonly #deps: HandOutDeps
  readonly #turns = newTurns()
  /** O1. Bounded by the agents that there are. */
  readonly #promised = new Map<string, Promised>()
  readonly #promisedInGroup = new Map<number, number>()
  readonly #candidates: Candidates

  constructor(deps: HandOutDeps) {
    this.#deps = deps
    this.#candidates = new Candidates(deps.gate)
  }

  /** Decides for all runs at once. */
  round(): void {
    const nowMs = this.#deps.nowMs()
    this.#deps.dispatch.newRound(nowMs)
    const steps = new Map<number, ActiveRun[]>()
    const slices = new Map<number, ActiveRun[]>()
    for (const run of this.#deps.runs.all) {
      if (run.isHandingOut) continue
      if (this.#stepIsDue(run, nowMs)) pushTo(steps, run.identity.groupId, run)
      else if (isStaging(run.state)) pushTo(slices, run.identity.groupId, run)
    }
    const agents = this.#agentsByGroup(new Set([...steps.keys(), ...slices.keys()]))
    for (const [groupId, some] of steps) this.#steps(groupId, some, agents.get(groupId) ?? [])
    for (const [groupId, some] of slices) {
      if (this.#deps.policies.of(groupId)?.paused === true) continue // O2
      this.#slices(groupId, some, agents.get(groupId) ?? [], nowMs)
    }
  }

  #stepIsDue(run: ActiveRun, nowMs: number): boolean {
    const step = stepOf(run.state)
    if (step?.holder.name !== 'pending' || !isDue(step.holder.retryAtMs, nowMs)) return false
    if (step.kind === 'plan' && this.#deps.runs.olderOf(run) !== null) return false
    return !isPausedFor(run, this.#deps.policies)
  }

  #agentsByGroup(groupIds: ReadonlySet<number>): Map<number, readonly ReadyAgent[]> {
    const { link } = this.#deps
    const agents = (groupId: number): readonly ReadyAgent[] =>
      link.readyAgentsOf?.(groupId) ??
      link.readyAgents().filter((agent) => agent.groupId === groupId)
    return new Map([...groupIds].map((groupId) => [groupId, agents(groupId)]))
  }

  #steps(groupId: number, runs: readonly ActiveRun[], agents: readonly ReadyAgent[]): void {
    const load = ({ agentId }: ReadyAgent): number =>
      this.#deps.runs.held.stepsOf(agentId) + (this.#promised.get(agentId)?.steps ?? 0)
    const candidates = this.#candidates.find({
      groupId,
      agents,
      datasourceNames: runs.map((run) => run.datasourceNames),
      pieces: runs.length,
      isFree: (agent) => load(agent) < STEPS_PER_AGENT_MAX,
    })
    const lightest = new Heap<{ readonly agentId: string; steps: number }>(
      (a, b) => a.steps < b.steps,
      candidates.map((agent) => ({ agentId: agent.agentId, steps: load(agent) })),
    )
    for (const run of runs.toSorted((a, b) => b.identity.priority - a.identity.priority)) {
      const passed: { readonly agentId: string; steps: number }[] = []
      for (let agent = lightest.pop(); agent !== undefined; agent = lightest.pop()) {
        passed.push(agent)
        if (agent.steps >= STEPS_PER_AGENT_MAX) break
        if (!this.#candidates.isOpen(run.datasourceNames, agent.agentId)) continue
        agent.steps += 1
        this.#startStep(run, agent.agentId)
        break
      }
      for (const agent of passed) lightest.push(agent)
    }
  }

  #slices(
    groupId: number,
    runs: readonly ActiveRun[],
    agents: readonly ReadyAgent[],
    nowMs: number,
  ): void {
    const { policies } = this.#deps
    const { held } = this.#deps.runs
    const demands: SliceDemand[] = []
    for (const run of runs) {
      const slots = run.job.speed.concurrent - run.slices.held.size
      const pending = slots <= 0 ? [] : run.slices.due(slots, nowMs)
      if (pending.length === 0) continue
      const { jobId, priority } = run.identity
      demands.push({ runId: run.id, jobId, priority, pending, slots })
    }
    if (demands.length === 0) return
    const byId = new Map(runs.map((run) => [run.id, run]))
    const inFlight = held.slicesOfGroup(groupId) + (this.#promisedInGroup.get(groupId) ?? 0)
    const slots = (policies.of(groupId)?.channelsMax ?? Infinity) - inFlight
    const freeOf = ({ agentId, channels }: ReadyAgent): number =>
      channels - held.slicesOf(agentId) - (this.#promised.get(agentId)?.slices ?? 0)
    const candidates = this.#candidates.find({
      groupId,
      agents,
      datasourceNames: demands.map(({ runId }) => byId.get(runId)!.datasourceNames),
      pieces: demands.reduce((sum, { pending }) => sum + pending.length, 0),
      isFree: (agent) => freeOf(agent) > 0 && policies.weightOf(agent.agentId) > 0,
    })
    const free: FreeAgent[] = candidates.map((agent) => {
      const { agentId } = agent
      return { agentId, free: freeOf(agent), weight: policies.weightOf(agentId) }
    })
    const fits = (runId: number, agentId: string): boolean =>
      this.#candidates.isOpen(byId.get(runId)!.datasourceNames, agentId)
    const planned = new Map<number, PlannedSlice[]>()
    const input = { demands, agents: free, slots, turns: this.#turns, fits }
    for (const { runId, ...slice } of assignSlices(input)) pushTo(planned, runId, slice)
    for (const [runId, some] of planned) this.#startSlices(byId.get(runId)!, some)
  }

  #startStep(run: ActiveRun, agentId: string): void {
    this.#promise(run, agentId, 'steps', 1)
    const work = (): Promise<void> => this.#deps.dispatch.step(run, agentId)
    this.#start(run, work, () => this.#promise(run, agentId, 'steps', -1))
  }

  #startSlices(run: ActiveRun, planned: readonly PlannedSlice[]): void {
    for (const { agentId } of planned) this.#promise(run, agentId, 'slices', 1)
    const work = (): Promise<void> => this.#deps.dispatch.slices(run, planned)
    this.#start(run, work, () => {
      for (const { agentId } of planned) this.#promise(run, agentId, 'slices', -1)
    })
  }

  #start(run: ActiveRun, work: () => Promise<void>, over: () => void): void {
    run.isHandingOut = true
    const ended = (): void => {
      run.isHandingOut = false
      over()
    }
    this.#deps.start(run, work).then(ended, ended)
  }

  /** O1. */
  #promise(run: ActiveRun, agentId: string, kind: 'slices' | 'steps', change: 1 | -1): void {
    const promised = this.#promised.get(agentId) ?? { slices: 0, steps: 0 }
    this.#promised.set(agentId, promised)
    promised[kind] += change
    if (promised.slices === 0 && promised.steps === 0) this.#promised.delete(agentId)
    if (kind === 'steps') return
    const { groupId } = run.identity
    const inGroup = (this.#promisedInGroup.get(groupId) ?? 0) + change
    if (inGroup === 0) this.#promisedInGroup.delete(groupId)
    else this.#promisedInGroup.set(groupId, inGroup)
  }
}

/** O2. */
export function isPausedFor(run: ActiveRun, policies: GroupPolicies): boolean {
  const isForward = run.state.name === 'committing' || run.state.name === 'succeeded'
  return !isForward && policies.of(run.identity.groupId)?.paused === true
}

function isStaging(state: RunState): boolean {
  return state.name === 'running' && state.phase === 'staging'
}

function pushTo<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
