/** Runs tasks one after the other, in the order in which they came. */
export class SerialQueue {
  readonly #onError: (error: unknown) => void
  readonly #tasks: (() => void | Promise<void>)[] = []
  readonly #waiters: { readonly below: number; readonly run: () => void }[] = []
  #running = false

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /** Tasks that have not ended. Its bound is kept by whoever pushes: see whenBelow. */
  get length(): number {
    return this.#tasks.length + (this.#running ? 1 : 0)
  }

  push(task: () => void | Promise<void>): void {
    this.#tasks.push(task)
    if (!this.#running) void this.#run()
  }

  /** Calls back once, when fewer than `below` tasks are left. */
  whenBelow(below: number, run: () => void): void {
    this.#waiters.push({ below, run })
  }

  async #run(): Promise<void> {
    this.#running = true
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      try {
        await task()
      } catch (error) {
        this.#onError(error)
      }
      this.#wake()
    }
    this.#running = false
    this.#wake()
  }

  #wake(): void {
    const due = this.#waiters.filter((waiter) => this.length < waiter.below)
    for (const waiter of due) {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
      waiter.run()
    }
  }
}
