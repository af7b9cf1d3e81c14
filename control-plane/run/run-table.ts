import type { ActiveRun } from './active-run.ts'
import { HeldWorkIndex } from './held-work.ts'
import type { WorkRef } from './link-port.ts'
import { stepOf } from './run-state.ts'
import { parseWorkId } from './work-id.ts'

/** What a report of an agent is about. */
export interface FoundWork {
  readonly run: ActiveRun
  /** null: a step. */
  readonly sliceNo: number | null
}

/** The runs that are not finished, and what agents hold of them. */
export class RunTable {
  readonly held = new HeldWorkIndex()
  readonly #runs = new Map<number, ActiveRun>()
  /** Two at most: one unfinished (I8), and one that owes its group the offsets. */
  readonly #ofJob = new Map<number, ActiveRun[]>()

  get size(): number {
    return this.#runs.size
  }

  get all(): Iterable<ActiveRun> {
    return this.#runs.values()
  }

  get(runId: number): ActiveRun | undefined {
    return this.#runs.get(runId)
  }

  add(run: ActiveRun): void {
    const { jobId } = run.identity
    this.#runs.set(run.id, run)
    this.#ofJob.set(jobId, [...(this.#ofJob.get(jobId) ?? []), run])
    run.attach(this.held)
  }

  delete(run: ActiveRun): void {
    if (!this.#runs.delete(run.id)) return
    run.detach()
    const { jobId } = run.identity
    const others = (this.#ofJob.get(jobId) ?? []).filter((other) => other !== run)
    if (others.length === 0) this.#ofJob.delete(jobId)
    else this.#ofJob.set(jobId, others)
  }

  /** The job's last run, which has not published its offsets yet: a plan that asks for them would be wrong. */
  olderOf(run: ActiveRun): ActiveRun | null {
    return this.#ofJob.get(run.identity.jobId)?.find((other) => other.id < run.id) ?? null
  }

  /** null: of nothing that is known, or of a step that is not under way. */
  find(ref: { readonly workId: string }): FoundWork | null {
    const id = parseWorkId(ref.workId)
    if (id === null || (id.kind !== 'slice' && id.kind !== 'step')) return null
    const run = this.#runs.get(id.runId)
    if (run === undefined) return null
    if (id.kind === 'slice') return { run, sliceNo: id.sliceNo }
    return stepOf(run.state)?.kind === id.step ? { run, sliceNo: null } : null
  }

  /** Inside the `exclusive` of the run that the work is of, if there is one. */
  async withWork(
    ref: WorkRef,
    work: (run: ActiveRun, sliceNo: number | null) => Promise<void>,
  ): Promise<void> {
    const found = this.find(ref)
    await found?.run.exclusive(async () => {
      if (this.find(ref) !== null) await work(found.run, found.sliceNo)
    })
  }
}
