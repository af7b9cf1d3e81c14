/** Tells whoever watches a run that it has changed: at most every WATCH_INTERVAL_MS, and at the end. */
import type { ActiveRun } from './active-run.ts'

const WATCH_INTERVAL_MS = 250

export class RunWatchers {
  readonly #listeners = new Map<number, Set<(run: ActiveRun) => void>>()
  readonly #timers = new Map<number, NodeJS.Timeout>()

  /** Returns unsubscribe. The number of watchers is bounded by the API's connections. */
  add(runId: number, listener: (run: ActiveRun) => void): () => void {
    const listeners = this.#listeners.get(runId) ?? new Set()
    this.#listeners.set(runId, listeners)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(runId)
    }
  }

  changed(run: ActiveRun): void {
    if (!this.#listeners.has(run.id)) return
    if (run.finished) return this.#tell(run)
    if (this.#timers.has(run.id)) return
    const timer = setTimeout(() => this.#tell(run), WATCH_INTERVAL_MS)
    timer.unref()
    this.#timers.set(run.id, timer)
  }

  #tell(run: ActiveRun): void {
    clearTimeout(this.#timers.get(run.id))
    this.#timers.delete(run.id)
    for (const listener of this.#listeners.get(run.id) ?? []) listener(run)
  }
}
