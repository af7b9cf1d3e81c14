import type { AbortedTransaction } from './requests/fetch.ts'

/**
 * Tells which batches of one Fetch answer belong to aborted transactions.
 *
 * T1. The broker lists every aborted transaction that overlaps the answer, also one that began before
 *     the fetch offset; so each answer is judged by its own list alone.
 * T2. A producer's batches are dropped from its transaction's first offset until its own abort marker.
 *     It may abort again later in the same answer, and several producers interleave.
 */
export class AbortedTransactions {
  readonly #waiting: readonly AbortedTransaction[]
  #next = 0
  readonly #active = new Set<number>()

  constructor(listed: readonly AbortedTransaction[]) {
    this.#waiting = listed.toSorted((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Whether to drop a transactional batch. Ask in offset order. */
  drops(producerId: number, lastOffset: number): boolean {
    this.#begin(lastOffset)
    return this.#active.has(producerId)
  }

  /** A producer's abort marker: its aborted transaction ends here. */
  end(producerId: number, markerOffset: number): void {
    this.#begin(markerOffset)
    this.#active.delete(producerId)
  }

  #begin(lastOffset: number): void {
    for (;;) {
      const next = this.#waiting[this.#next]
      if (next === undefined || next.firstOffset > lastOffset) return
      this.#active.add(next.producerId)
      this.#next++
    }
  }
}
