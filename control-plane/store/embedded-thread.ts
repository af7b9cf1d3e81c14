/**
 * The embedded store's thread, as the rest of the process calls it.
 *
 * E1. A thread that has ended never comes back: every call, under way or later, rejects UNAVAILABLE.
 * E2. `onLost` is called once when an open thread ends by itself, and never when it is closed.
 */
import { Worker } from 'node:worker_threads'

import { StoreError } from './database.ts'
import { OPENED } from './embedded-messages.ts'
import type { EmbeddedAnswer, EmbeddedRequest } from './embedded-messages.ts'

/** Calls under way: callers are bounded by what they serve, this says when that is a mistake. */
const CALLS_MAX = 100_000
/** Types are stripped from its source too. */
const THREAD_FLAGS = ['--disable-warning=ExperimentalWarning']

interface Call {
  readonly resolve: (rows: readonly object[]) => void
  readonly reject: (error: Error) => void
}

export interface EmbeddedThreadOptions {
  readonly dataDir: string
  /** The store, as errors call it. */
  readonly where: string
  /** E2 */
  readonly onLost: (error: StoreError) => void
  readonly workerUrl: URL
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never

export class EmbeddedThread {
  readonly #worker: Worker
  readonly #calls = new Map<number, Call>()
  readonly #where: string
  readonly #onLost: (error: StoreError) => void
  #lastId = OPENED
  #phase: 'opening' | 'open' | 'closing' = 'opening'
  /** Why nothing can be asked any more. */
  #ended: StoreError | null = null

  private constructor({ dataDir, where, onLost, workerUrl }: EmbeddedThreadOptions) {
    this.#where = where
    this.#onLost = onLost
    // Flags of the process, such as --input-type, are not this thread's.
    this.#worker = new Worker(workerUrl, { workerData: { dataDir }, execArgv: THREAD_FLAGS })
    this.#worker.on('message', (answer: EmbeddedAnswer) => this.#answered(answer))
    this.#worker.on('error', (error: Error) => this.#end(error))
    this.#worker.on('exit', (code) => this.#end(new Error(`its thread ended with ${code}`)))
  }

  /** Rejects when the store in this directory cannot be opened. */
  static async open(options: EmbeddedThreadOptions): Promise<EmbeddedThread> {
    const thread = new EmbeddedThread(options)
    try {
      await thread.#wait(OPENED)
      thread.#phase = 'open'
      return thread
    } catch (error) {
      await thread.#worker.terminate()
      throw error
    }
  }

  /** The number of the call: of a `begin`, what its transaction is called by. */
  call(request: WithoutId<EmbeddedRequest>): {
    readonly id: number
    readonly rows: Promise<readonly object[]>
  } {
    this.#lastId += 1
    const id = this.#lastId
    const rows = this.#wait(id)
    if (this.#ended === null) this.#worker.postMessage({ ...request, id }, [])
    return { id, rows }
  }

  async close(): Promise<void> {
    if (this.#ended !== null) return
    this.#phase = 'closing'
    try {
      await this.call({ kind: 'close' }).rows
    } finally {
      await this.#worker.terminate()
    }
  }

  #wait(id: number): Promise<readonly object[]> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    if (this.#calls.size >= CALLS_MAX) {
      return Promise.reject(new Error(`${CALLS_MAX} statements are waiting already`))
    }
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }))
  }

  #answered(answer: EmbeddedAnswer): void {
    const call = this.#calls.get(answer.id)
    this.#calls.delete(answer.id)
    if (call === undefined) return
    if (answer.ok) return call.resolve(answer.rows)
    const { message, code, constraint } = answer.error
    call.reject(Object.assign(new Error(message), { code, constraint }))
  }

  /** The state that was acknowledged is on disk; what was under way may or may not be. */
  #end(why: Error): void {
    if (this.#ended !== null) return // an error is followed by the exit
    const message = `${this.#where} has stopped: ${why.message}. What it acknowledged is on disk: start the control plane again`
    this.#ended = new StoreError('UNAVAILABLE', message)
    for (const { reject } of this.#calls.values()) reject(this.#ended) // E1
    this.#calls.clear()
    if (this.#phase === 'open') this.#onLost(this.#ended) // E2
  }
}
