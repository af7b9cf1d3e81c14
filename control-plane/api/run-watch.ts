/**
 * One live connection to a run: its progress and its log lines, until it is over.
 *
 * W1. Progress may be skipped, since the next one holds everything: a slow reader gets the latest.
 * W2. Log lines are never skipped and come in the order of their ids. They are read from the store by
 *     pages, so that a slow reader costs no memory: while too much waits for it, none are read.
 * W3. `end` comes last: after it has been heard that the run is over, log lines are read once more.
 */
import type { RunProgress } from '../run/run-port.ts'
import { WATCH_BUFFER_BYTES_MAX, WATCH_LOG_POLL_MS } from './limits.ts'
import { isFinal } from './shapes/run-state.ts'
import type { LogPage } from './shapes/run.ts'
import type { WatchEvent } from './shapes/watch.ts'

/** The part of a WebSocket that is used. */
export interface WatchSocket {
  readonly bufferedAmount: number
  send(text: string): void
  close(code: number, reason: string): void
}

export interface WatchDeps {
  /** The page of log lines after this id; null: the watcher wants none. */
  readonly logPage: ((after: number) => Promise<LogPage>) | null
  readonly setTimer: (callback: () => void, ms: number) => NodeJS.Timeout
  readonly onError: (error: unknown) => void
}

const CLOSE_NORMAL = 1000
const CLOSE_INTERNAL_ERROR = 1011

export class RunWatch {
  readonly #socket: WatchSocket
  readonly #deps: WatchDeps
  #afterLogId: number
  #last: RunProgress | null = null
  #timer: NodeJS.Timeout | null = null
  #isReading = false
  #isClosed = false

  constructor(socket: WatchSocket, afterLogId: number, deps: WatchDeps) {
    this.#socket = socket
    this.#deps = deps
    this.#afterLogId = afterLogId
    this.#tick()
  }

  progress(progress: RunProgress): void {
    if (this.#isClosed) return
    this.#last = progress
    if (isFinal(progress.state)) return this.#tick()
    if (this.#isBehind()) return // W1
    this.#send({ type: 'progress', progress })
  }

  /** The peer has gone. */
  closed(): void {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  /** Reads log lines; comes back by a timer until the run is over. */
  #tick(): void {
    if (this.#isClosed || this.#isReading) return
    this.#isReading = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#round().then(
      (isOver) => {
        this.#isReading = false
        if (isOver) return this.#end()
        if (!this.#isClosed)
          this.#timer = this.#deps.setTimer(() => this.#tick(), WATCH_LOG_POLL_MS)
      },
      (error: unknown) => {
        this.#deps.onError(error)
        this.closed()
        this.#socket.close(CLOSE_INTERNAL_ERROR, 'an error inside the control plane')
      },
    )
  }

  /** W3: true when the run was over before the lines were read, and all were sent. */
  async #round(): Promise<boolean> {
    const wasOver = this.#last !== null && isFinal(this.#last.state)
    if (this.#deps.logPage === null) return wasOver
    for (;;) {
      if (this.#isClosed || this.#isBehind()) return false // W2
      const page = await this.#deps.logPage(this.#afterLogId)
      for (const line of page.items) {
        this.#send({ type: 'log', line })
        this.#afterLogId = line.id
      }
      if (page.nextAfter === null) return wasOver
    }
  }

  #end(): void {
    if (this.#isClosed || this.#last === null) return
    this.#send({ type: 'end', progress: this.#last })
    this.closed()
    this.#socket.close(CLOSE_NORMAL, 'the run is over')
  }

  #isBehind(): boolean {
    return this.#socket.bufferedAmount > WATCH_BUFFER_BYTES_MAX
  }

  #send(event: WatchEvent): void {
    if (!this.#isClosed) this.#socket.send(JSON.stringify(event))
  }
}
