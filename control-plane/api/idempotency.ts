/**
 * Remembers the answers to requests that carry an Idempotency-Key, so that a client which lost the
 * answer can ask again without starting a second run.
 *
 * K1. A key belongs to one request: with a different body it is refused, never answered.
 * K2. A request that failed is forgotten: it may be tried again under its key.
 * K3. Bounded in number and age. The memory is this process's own: after a restart the store still
 *     allows only one unfinished run a job (DESIGN I8).
 */
import { ApiError } from './api-error.ts'
import { IDEMPOTENCY_KEEP_MS, IDEMPOTENCY_KEYS_MAX } from './limits.ts'

interface Entry<T> {
  readonly request: string
  readonly answer: Promise<T>
  readonly atMs: number
}

export class IdempotencyMemory<T> {
  readonly #entries = new Map<string, Entry<T>>()
  readonly #now: () => number
  readonly #keysMax: number

  constructor(now: () => number, keysMax = IDEMPOTENCY_KEYS_MAX) {
    this.#now = now
    this.#keysMax = keysMax
  }

  /**
   * Runs `work` once per key.
   * @param request the request's content as text, to tell a repetition from a different request
   * @throws ApiError IDEMPOTENCY_KEY_REUSED
   */
  async once(key: string, request: string, work: () => Promise<T>): Promise<T> {
    this.#forgetOld()
    const known = this.#entries.get(key)
    if (known !== undefined) {
      if (known.request === request) return known.answer
      throw new ApiError('IDEMPOTENCY_KEY_REUSED', reused, { where: 'Idempotency-Key' }) // K1
    }
    const answer = work()
    this.#entries.set(key, { request, answer, atMs: this.#now() })
    try {
      return await answer
    } catch (error) {
      this.#entries.delete(key) // K2
      throw error
    }
  }

  /** K3: a Map iterates in the order of insertion, so the first entries are the oldest. */
  #forgetOld(): void {
    const oldestMs = this.#now() - IDEMPOTENCY_KEEP_MS
    for (const [key, entry] of this.#entries) {
      if (entry.atMs >= oldestMs && this.#entries.size < this.#keysMax) return
      this.#entries.delete(key)
    }
  }
}

const reused = 'this Idempotency-Key came with a different request before: use a new one'
