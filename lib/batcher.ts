/**
 * Folds many small pieces of work into few large ones: what is added within a short time is carried
 * out by one call.
 *
 * B1. Each caller's promise settles with the outcome of its own item: an item that fails fails alone.
 * B2. Batches are carried out one after the other, in the order in which their items came, so that
 *     two items of the same thing cannot overtake each other.
 * B3. While one batch is under way the next one fills: the busier it is, the larger the batches.
 *     A batch holds at most `itemsMax`; what waits is bounded by whoever adds (each waits for its
 *     promise) and, should that fail, by `waitingMax`.
 */
export type BatchOutcome<Out> =
  | { readonly ok: true; readonly value: Out }
  | { readonly ok: false; readonly error: unknown }

export interface BatcherOptions<In, Out> {
  /** For messages. */
  readonly name: string
  readonly itemsMax: number
  /** The first item of a batch waits no longer than this for others. 0: until the next turn. */
  readonly waitMs: number
  /** Items that may wait; more are refused. */
  readonly waitingMax: number
  /** As many outcomes as items, in their order. A rejection is the outcome of every item. */
  readonly run: (items: readonly In[]) => Promise<readonly BatchOutcome<Out>[]>
  readonly after: (delayMs: number, run: () => void) => () => void
}

interface Waiting<In, Out> {
  readonly item: In
  readonly resolve: (value: Out) => void
  readonly reject: (error: unknown) => void
}

/** More items wait than may: whoever works them off is far behind. */
export class BatcherFullError extends Error {
  override readonly name = 'BatcherFullError'
}

export class Batcher<In, Out> {
  readonly #options: BatcherOptions<In, Out>
  #waiting: Waiting<In, Out>[] = []
  #running = false
  #scheduled = false

  constructor(options: BatcherOptions<In, Out>) {
    this.#options = options
  }

  add(item: In): Promise<Out> {
    const { name, waitingMax } = this.#options
    if (this.#waiting.length >= waitingMax) {
      const message = `${name}: ${waitingMax} items wait already; try again later`
      return Promise.reject(new BatcherFullError(message))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      this.#schedule()
    })
  }

  #schedule(): void {
    const { itemsMax, waitMs, after } = this.#options
    if (this.#running) return // B3
    if (this.#waiting.length >= itemsMax) return void this.#run()
    if (this.#scheduled) return
    this.#scheduled = true
    after(waitMs, () => {
      this.#scheduled = false
      if (!this.#running) void this.#run()
    })
  }

  /** B2 */
  async #run(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#options.itemsMax)
      await this.#carryOut(batch)
    }
    this.#running = false
  }

  /** Never rejects. B1 */
  async #carryOut(batch: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const outcomes = await this.#options.run(batch.map(({ item }) => item))
      if (outcomes.length !== batch.length) {
        const { name } = this.#options
        throw new Error(`${name}: ${outcomes.length} outcomes for ${batch.length} items`)
      }
      for (const [index, { resolve, reject }] of batch.entries()) {
        const outcome = outcomes[index]!
        if (outcome.ok) resolve(outcome.value)
        else reject(outcome.error)
      }
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}
