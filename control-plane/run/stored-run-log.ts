/**
 * Run log lines of the control plane, written to the store in batches so that a transition never
 * waits for one. Bounded: beyond LINES_MAX the newest are dropped, and a line says how many.
 */
import type { Database } from '../store/database.ts'
import { insertLogLines, type NewLogLine } from '../store/log-lines/insert-log-lines.ts'
import type { ActiveRun } from './active-run.ts'
import type { LogLevel, RunLog } from './run-log.ts'

const LINES_MAX = 5_000
/** A line waits this long for others: a thousand slices a second are no thousand statements. */
const GATHER_MS = 50

export class StoredRunLog implements RunLog {
  readonly #db: Database
  readonly #nowMs: () => number
  readonly #onError: (error: unknown) => void
  #lines: NewLogLine[] = []
  #dropped = 0
  #flushing: Promise<void> | null = null
  /** Ends the gathering before its time. */
  #hurry: () => void = () => {}

  constructor(db: Database, nowMs: () => number, onError: (error: unknown) => void) {
    this.#db = db
    this.#nowMs = nowMs
    this.#onError = onError
  }

  run(run: Pick<ActiveRun, 'id'>, level: LogLevel, message: string): void {
    if (this.#lines.length >= LINES_MAX) {
      this.#dropped += 1
      return
    }
    this.#lines.push(this.#line(run.id, level, message))
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = null
    })
  }

  /** Resolves when everything logged so far is stored. */
  async settled(): Promise<void> {
    while (this.#flushing !== null) {
      this.#hurry()
      await this.#flushing
    }
  }

  async #flush(): Promise<void> {
    while (this.#lines.length > 0) {
      await this.#gather()
      const lines = this.#lines
      this.#lines = []
      if (this.#dropped > 0) {
        const text = `${this.#dropped} log lines of runs were dropped: the store was too slow`
        lines.push(this.#line(null, 'warn', text))
        this.#dropped = 0
      }
      try {
        await insertLogLines(this.#db, lines)
      } catch (error) {
        this.#onError(error)
      }
    }
  }

  #gather(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS)
      this.#hurry = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #line(runId: number | null, level: LogLevel, message: string): NewLogLine {
    const atMs = this.#nowMs()
    return { runId, agentId: null, workId: '', attempt: 0, atMs, level, message, fields: null }
  }
}
