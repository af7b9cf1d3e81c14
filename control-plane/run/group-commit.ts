/**
 * Writes of many runs, folded into few transactions. A write resolves when its transaction is durable.
 *
 * G1  A run has one write under way at most (A1 of active-run.ts), so the writes of a batch are of
 *     different runs and their order within it does not matter.
 * G2  A batch that the store refuses before its end changed nothing: each of its writes is made again in a
 *     transaction of its own, so that one run's bad value is that run's failure alone.
 * G3  Once everything of a batch was said, an error leaves open whether it was committed: then nothing
 *     is made again. The owner of the store ends the process (open-runs.ts).
 */
import { Batcher, type BatchOutcome } from '../../lib/batcher.ts'
import { type Database, StoreError } from '../store/database.ts'
import { saveSlices, type SliceChange } from '../store/slices/save-slices.ts'

/** Writes in one transaction: bounds for how long it keeps the others waiting. */
const WRITES_MAX = 256
/** Runs that wait for a write: far more than are ever unfinished at once. */
const WAITING_MAX = 100_000

export interface RunWrite {
  /** Each slice at most once. */
  readonly slices: readonly SliceChange[]
  /** More statements of the same transaction. */
  readonly work: ((tx: Database) => Promise<void>) | null
}

export type Transaction = <T>(work: (tx: Database) => Promise<T>) => Promise<T>

export class GroupCommit {
  readonly #transaction: Transaction
  readonly #batcher: Batcher<RunWrite, void>

  constructor(transaction: Transaction) {
    this.#transaction = transaction
    this.#batcher = new Batcher({
      name: 'writes of runs',
      itemsMax: WRITES_MAX,
      waitMs: 0,
      waitingMax: WAITING_MAX,
      run: (writes) => this.#writeAll(writes),
      after: afterThisTurn,
    })
  }

  write(write: RunWrite): Promise<void> {
    return this.#batcher.add(write)
  }

  async #writeAll(writes: readonly RunWrite[]): Promise<BatchOutcome<void>[]> {
    const whole = await this.#writeOnce(writes)
    if (whole.ok || !whole.mayRepeat || writes.length === 1) return writes.map(() => whole)
    const outcomes: BatchOutcome<void>[] = []
    for (const write of writes) outcomes.push(await this.#writeOnce([write])) // G2
    return outcomes
  }

  async #writeOnce(
    writes: readonly RunWrite[],
  ): Promise<BatchOutcome<void> & { readonly mayRepeat: boolean }> {
    let isSaid = false
    try {
      await this.#transaction(async (tx) => {
        await saveSlices(
          tx,
          writes.flatMap((write) => write.slices),
        )
        for (const { work } of writes) await work?.(tx)
        isSaid = true
      })
      return { ok: true, value: undefined, mayRepeat: false }
    } catch (error) {
      const isGone =
        error instanceof StoreError && (error.code === 'FENCED' || error.code === 'UNAVAILABLE')
      return { ok: false, error, mayRepeat: !isSaid && !isGone } // G3
    }
  }
}

/** Everything that has arrived goes with the first of it. */
function afterThisTurn(_delayMs: number, run: () => void): () => void {
  const timer = setImmediate(run)
  return () => clearImmediate(timer)
}
