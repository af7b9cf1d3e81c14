/** One round of handing out: steps first, then slices by assign.ts; and why a run waits, if it does. */
import type { ActiveRun } from './active-run.ts'
import { assignSlices, type SliceDemand } from './assign.ts'
import type { Dispatch } from './dispatch.ts'
import { heldWork } from './held-work.ts'
import type { ReadyAgent } from './link-port.ts'
import { isDue } from './retry.ts'
import { stepOf } from './run-state.ts'
import { DataSourceGoneError } from './stored-jobs.ts'

/** Steps that one agent is given at once: they are light, but each may wait on the service. */
const STEPS_PER_AGENT_MAX = 4

export interface Undeliverable {
  readonly run: ActiveRun
  readonly message: string
}

export class HandOut {
  readonly #dispatch: Dispatch
  readonly #nowMs: () => number

  constructor(dispatch: Dispatch, nowMs: () => number) {
    this.#dispatch = dispatch
    this.#nowMs = nowMs
  }

  /** Returns the runs whose work cannot be sent to anyone: a data source of theirs is gone. */
  async round(
    runs: readonly ActiveRun[],
    agents: readonly ReadyAgent[],
  ): Promise<readonly Undeliverable[]> {
    const undeliverable: Undeliverable[] = []
    await this.#steps(runs, agents, undeliverable)
    await this.#slices(runs, agents, undeliverable)
    return undeliverable
  }

  async #steps(
    runs: readonly ActiveRun[],
    agents: readonly ReadyAgent[],
    undeliverable: Undeliverable[],
  ): Promise<void> {
    const load = new Map<string, number>()
    for (const held of runs.flatMap(heldWork)) {
      if (held.sliceNo === null) load.set(held.agentId, (load.get(held.agentId) ?? 0) + 1)
    }
    const loadOf = (agent: ReadyAgent): number => load.get(agent.agentId) ?? 0
    for (const run of runs) {
      const step = stepOf(run.state)
      if (step?.holder.name !== 'pending' || !isDue(step.holder.retryAtMs, this.#nowMs())) continue
      const older = step.kind === 'plan' ? olderRun(run, runs) : undefined
      if (older !== undefined) {
        run.waitingFor = `run ${older.id} has to publish its offsets first`
        continue
      }
      const agent = agents
        .filter((candidate) => candidate.groupId === run.identity.groupId)
        .filter((candidate) => loadOf(candidate) < STEPS_PER_AGENT_MAX)
        .sort((a, b) => loadOf(a) - loadOf(b))[0]
      run.waitingFor = agent === undefined ? whyWaiting(run, agents) : null
      if (agent === undefined) continue
      load.set(agent.agentId, loadOf(agent) + 1)
      await send(run, () => this.#dispatch.step(run, agent.agentId), undeliverable)
    }
  }

  async #slices(
    runs: readonly ActiveRun[],
    agents: readonly ReadyAgent[],
    undeliverable: Undeliverable[],
  ): Promise<void> {
    const inFlight = new Map<string, number>()
    const demands: SliceDemand[] = []
    for (const run of runs) {
      const held = heldWork(run).filter((work) => work.sliceNo !== null)
      for (const { agentId } of held) inFlight.set(agentId, (inFlight.get(agentId) ?? 0) + 1)
      if (run.state.name !== 'running' || run.state.phase !== 'staging') continue
      const slots = run.job.speed.concurrent - held.length
      const pending = pendingSlices(run, slots, this.#nowMs())
      if (pending.length === 0) continue
      demands.push({ runId: run.id, groupId: run.identity.groupId, pending, slots })
      if (held.length === 0) run.waitingFor = whyWaiting(run, agents)
    }
    const byId = new Map(runs.map((run) => [run.id, run]))
    for (const { runId, sliceNo, agentId } of assignSlices(demands, agents, inFlight)) {
      const run = byId.get(runId)!
      run.waitingFor = null
      await send(run, () => this.#dispatch.slice(run, sliceNo, agentId), undeliverable)
    }
  }
}

/** The job's last run has not published its offsets yet: a plan that asks for them would be wrong. */
function olderRun(run: ActiveRun, runs: readonly ActiveRun[]): ActiveRun | undefined {
  return runs.find((other) => other.identity.jobId === run.identity.jobId && other.id < run.id)
}

function whyWaiting(run: ActiveRun, agents: readonly ReadyAgent[]): string {
  const { groupId, groupName } = run.identity
  const online = agents.filter((agent) => agent.groupId === groupId)
  if (online.length === 0)
    return `no agent of resource group ${groupName} is online and ready for work`
  const channels = online.reduce((sum, agent) => sum + agent.channels, 0)
  return `all ${channels} channels of resource group ${groupName} are busy`
}

/** A missing data source is the run's own failure; anything else is the store's and goes up. */
async function send(
  run: ActiveRun,
  dispatch: () => Promise<void>,
  undeliverable: Undeliverable[],
): Promise<void> {
  try {
    await run.exclusive(dispatch)
  } catch (error) {
    if (!(error instanceof DataSourceGoneError)) throw error
    run.waitingFor = error.message
    undeliverable.push({ run, message: error.message })
  }
}

function pendingSlices(
  run: ActiveRun,
  count: number,
  nowMs: number,
): { sliceNo: number; avoidAgentId: string | null }[] {
  const pending: { sliceNo: number; avoidAgentId: string | null }[] = []
  for (const [sliceNo, { state }] of run.slices.entries()) {
    if (pending.length >= count) break
    if (state.name !== 'pending' || !isDue(state.retryAtMs, nowMs)) continue
    pending.push({ sliceNo, avoidAgentId: state.error?.agentId ?? null })
  }
  return pending
}
