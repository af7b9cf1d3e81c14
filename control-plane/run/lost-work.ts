/**
 * Work that agents have lost, or still hold after they were away.
 *
 * C3  Work whose agent is lost goes back to pending; nobody else takes work away from an agent.
 *
 * C1 of agent-reports.ts; C2 of coordinator.ts; S4 of slice-state.ts.
 */
import type { ActiveRun } from './active-run.ts'
import type { AgentRequests } from './agent-requests.ts'
import type { HeldWork } from './held-work.ts'
import type { ReconcileVerdict, WorkRef } from './link-port.ts'
import type { Queries } from './queries.ts'
import type { RunLog } from './run-log.ts'
import { isOver } from './run-state.ts'
import type { RunTable } from './run-table.ts'
import type { RunWriter } from './run-writer.ts'
import { nextSlice } from './slice-state.ts'
import type { WorkFailure } from './work-failure.ts'
import { parseWorkId } from './work-id.ts'

export interface LostWorkDeps {
  readonly runs: RunTable
  readonly writer: RunWriter
  readonly log: RunLog
  readonly queries: Queries
  readonly requests: AgentRequests
  readonly nowMs: () => number
  /** C2. Inside the run's `exclusive`. */
  readonly settle: (run: ActiveRun) => Promise<void>
}

export class LostWork {
  readonly #deps: LostWorkDeps

  constructor(deps: LostWorkDeps) {
    this.#deps = deps
  }

  /** Of all runs: what this agent holds and has lost. */
  async loseAll(agentId: string, why: string, isLost: (ref: WorkRef) => boolean): Promise<void> {
    const lost = this.#deps.runs.held.of(agentId).filter(isLost)
    const runs = [...new Set(lost.map((held) => this.#deps.runs.get(held.runId)))]
    const losing = runs.flatMap((run) => {
      if (run === undefined) return []
      return run.exclusive(async () => {
        const held = run.heldWork().filter((work) => work.agentId === agentId && isLost(work))
        await this.#loseWork(run, why, held)
        await this.#deps.settle(run)
      })
    })
    await Promise.all(losing)
  }

  /** C3. Inside the run's `exclusive`. */
  async #loseWork(run: ActiveRun, why: string, lost: readonly HeldWork[]): Promise<void> {
    for (const { workId, attempt } of lost) {
      this.#deps.log.run(run, 'warn', `${workId} attempt ${attempt} is lost: ${why}`)
    }
    const step = lost.find((held) => held.sliceNo === null)
    if (step !== undefined) {
      const { attempt } = step
      const retryAtMs = this.#deps.nowMs()
      await this.#deps.writer.applyRun(run, { type: 'stepLost', attempt, retryAtMs })
    }
    const transitions = lost.flatMap((held) => {
      const { sliceNo, attempt } = held
      if (sliceNo === null) return []
      const failure = this.#lossOf(held, sliceNo, why)
      return [{ sliceNo, event: { type: 'lost', attempt, failure } as const }]
    })
    await this.#deps.writer.applySlices(run, transitions)
  }

  #lossOf({ agentId, workId, attempt }: HeldWork, sliceNo: number, why: string): WorkFailure {
    return {
      code: 'AGENT_LOST',
      message: `the attempts of slice ${sliceNo} keep being lost with their agents: ${why}`,
      where: { agentId, slice: String(sliceNo) },
      cause: '',
      retry: 'BACKOFF',
      workId,
      attempt,
      agentId,
      atMs: this.#deps.nowMs(),
    }
  }

  async judge(
    agentId: string,
    refs: readonly WorkRef[],
    current: ReconcileVerdict,
    stale: ReconcileVerdict,
  ): Promise<ReconcileVerdict[]> {
    const verdicts: ReconcileVerdict[] = []
    for (const ref of refs) {
      const id = parseWorkId(ref.workId)
      if (id?.kind === 'query') {
        verdicts.push(
          this.#deps.queries.isHeldBy(id.queryId, ref.attempt, agentId) ? current : stale,
        )
        continue
      }
      if (id?.kind === 'request') {
        verdicts.push(this.#deps.requests.isHeldBy(agentId, ref) ? current : stale)
        continue
      }
      let verdict = stale
      await this.#deps.runs.withWork(ref, async (run, sliceNo) => {
        if (isOver(run.state) && sliceNo !== null) return
        if (sliceNo !== null) await this.#adopt(run, sliceNo, ref.attempt, agentId)
        if (!run.isHeldBy(sliceNo, agentId, ref.attempt)) return
        verdict = current
        // A3: what runs there was accepted, whatever the store knows of it.
        if (current === 'KEEP') this.#deps.writer.accept(run, sliceNo, ref.attempt)
      })
      verdicts.push(verdict)
    }
    return verdicts
  }

  /** S4 of slice-state.ts. */
  async #adopt(run: ActiveRun, sliceNo: number, attempt: number, agentId: string): Promise<void> {
    const slice = run.slices.get(sliceNo)
    if (slice === undefined) return
    const event = { type: 'adopt', attempt, agentId } as const
    if (nextSlice(slice.state, event, this.#deps.nowMs()) === null) return
    this.#deps.log.run(run, 'info', `slice ${sliceNo}: its agent is back and goes on with it`)
    await this.#deps.writer.applySlices(run, [{ sliceNo, event }])
  }
}
