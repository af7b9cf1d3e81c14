import type { ActiveRun } from './active-run.ts'
import { HeldWorkIndex } from './held-work.ts'

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
}
