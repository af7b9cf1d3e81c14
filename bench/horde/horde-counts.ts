/** What the horde itself has seen; and who waits until all agents are in. */
export class HordeCounts {
  beats = 0
  beatsAcknowledged = 0
  assigned = 0
  dials = 0
  enrolsRepeated = 0
  goAways = 0
  fenced = 0
  lastFence = ''
  readonly #active = new Set<number>()
  #waiting: { readonly agents: number; readonly resolve: (atMs: number) => void } | null = null

  get active(): number {
    return this.#active.size
  }

  reconciled(no: number): void {
    this.#active.add(no)
    if (this.#waiting === null || this.#active.size < this.#waiting.agents) return
    this.#waiting.resolve(performance.now())
    this.#waiting = null
  }

  /** Whoever was in is not any more, whether it has noticed or not. */
  clear(): void {
    this.#active.clear()
  }

  left(no: number): void {
    this.#active.delete(no)
  }

  /** Resolves with the time (performance.now) at which so many agents are reconciled. */
  whenActive(agents: number): Promise<number> {
    if (this.#active.size >= agents) return Promise.resolve(performance.now())
    return new Promise((resolve) => (this.#waiting = { agents, resolve }))
  }
}
