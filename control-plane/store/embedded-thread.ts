/** The embedded store's thread, as the rest of the process calls it. */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

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

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never

export class EmbeddedThread {
  readonly #worker: Worker
  readonly #calls = new Map<number, Call>()
  #lastId = OPENED
  /** Why nothing can be asked any more. */
  #ended: Error | null = null

  private constructor(dataDir: string) {
    const file = fileURLToPath(new URL('embedded-worker.ts', import.meta.url))
    // Flags of the process, such as --input-type, are not this thread's.
    this.#worker = new Worker(file, { workerData: { dataDir }, execArgv: THREAD_FLAGS })
    this.#worker.on('message', (answer: EmbeddedAnswer) => this.#answered(answer))
    this.#worker.on('error', (error: Error) => this.#end(error))
    this.#worker.on('exit', (code) => this.#end(new Error(`its thread ended with ${code}`)))
  }

  /** Rejects when the store in this directory cannot be opened. */
  static async open(dataDir: string): Promise<EmbeddedThread> {
    const thread = new EmbeddedThread(dataDir)
    try {
      await thread.#wait(OPENED)
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
    // EPIPE: as of a server whose connection was cut, so that driverError says UNAVAILABLE.
    this.#ended ??= Object.assign(new Error(why.message), { code: 'EPIPE' })
    for (const { reject } of this.#calls.values()) reject(this.#ended)
    this.#calls.clear()
  }
}
