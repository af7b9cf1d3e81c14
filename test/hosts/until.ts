import { setTimeout as sleep } from 'node:timers/promises'

import { BedError } from '../../dev/hosts/bed-error.ts'

const POLL_MS = 100
const TIMEOUT_MS = 60_000

/** Asks again and again, until the answer is neither null nor false. Rejects with WAIT_TIMEOUT. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null | false>,
  timeoutMs = TIMEOUT_MS,
): Promise<T> {
  const startedMs = performance.now()
  for (;;) {
    const answer = await ask()
    if (answer !== null && answer !== false) return answer
    if (performance.now() - startedMs > timeoutMs) {
      throw new BedError('WAIT_TIMEOUT', `not true after ${timeoutMs / 1000} s: ${what}`)
    }
    await sleep(POLL_MS)
  }
}

/** Measures from its making. */
export class Stopwatch {
  readonly #startedMs = performance.now()

  get seconds(): number {
    return Math.round((performance.now() - this.#startedMs) / 100) / 10
  }
}
