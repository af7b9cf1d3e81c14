/**
 * Whether an agent may be given work of a run that uses these data sources.
 *
 * G1. By memory alone: hand-out asks often.
 * G2. Nothing waits for ever for want of a result: GATE_OPENS_MS after its first test was begun without
 *     one, the gate opens and the log says so.
 * G3. A closed pair is tried again every RETRY_MS, as long as somebody asks.
 * G4. A run in a group of thousands needs a few dozen agents: hand-out asks for all that are free, and
 *     tests of pairs without a result are begun at a bounded rate. The others' turn comes: only the
 *     first test of a pair takes one, asking it again is free.
 */
import type { Logger } from 'pino'

import type { ConnectivityGate, GateVerdict } from '../run/connectivity-port.ts'
import type { Matrix } from './matrix.ts'

export const GATE_OPENS_MS = 90_000
export const RETRY_MS = 30_000
/** G4: begun at once, and then in each second. */
export const TESTS_BURST = 64
export const TESTS_PER_SECOND = 10
/** A test that could not be made (the agent was busy, or not ready) is asked for again after this. */
const ASK_AGAIN_MS = 5_000

export interface GateDeps {
  readonly matrix: Matrix
  /** Tests the pair, unless a test of it is under way. */
  readonly test: (agentId: string, datasource: string) => void
  readonly monotonicMs: () => number
  readonly nowMs: () => number
  readonly log: Logger
}

interface Asked {
  readonly version: number
  /** When its first test was begun; null: its turn has not come (G4). */
  sinceMs: number | null
  testedMs: number
  hasOpened: boolean
}

const OPEN: GateVerdict = { kind: 'open' }

export class Gate implements ConnectivityGate {
  readonly #deps: GateDeps
  /** Pairs without a result, by agent and data source; bounded by what hand-out asks for. */
  readonly #asked = new Map<string, Asked>()
  /** When a closed pair was last tried again. */
  readonly #retried = new Map<string, number>()
  readonly #listeners: (() => void)[] = []
  #mayBegin = TESTS_BURST
  #filledMs = -Infinity

  constructor(deps: GateDeps) {
    this.#deps = deps
  }

  check(agentId: string, datasourceNames: readonly string[]): GateVerdict {
    let verdict: GateVerdict = OPEN
    for (const name of datasourceNames) {
      const one = this.#checkOne(agentId, name)
      if (one.kind === 'closed') return one
      if (one.kind === 'testing') verdict = one
    }
    return verdict
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** A result has come. */
  changed(agentId: string, datasource: string): void {
    this.#asked.delete(keyOf(agentId, datasource))
    const closes = this.#deps.matrix.result(agentId, datasource)?.closes === true
    if (!closes) this.#retried.delete(keyOf(agentId, datasource))
    for (const listener of this.#listeners) listener()
  }

  #checkOne(agentId: string, name: string): GateVerdict {
    const { matrix } = this.#deps
    const source = matrix.source(name)
    if (source === undefined) return OPEN // deleted: the run itself says so
    const result = matrix.result(agentId, name)
    if (result === undefined) return this.#untested(agentId, name, source.version)
    const { verdict } = result
    if (!result.closes || verdict === 'Connectable' || verdict === 'ConfigError') return OPEN
    this.#retry(agentId, name, result.finishedAtMs)
    const { message, finishedAtMs: testedAtMs } = result
    return { kind: 'closed', datasource: name, verdict, message, testedAtMs }
  }

  /** G3. */
  #retry(agentId: string, name: string, finishedAtMs: number): void {
    if (this.#deps.nowMs() - finishedAtMs < RETRY_MS) return
    const key = keyOf(agentId, name)
    const nowMs = this.#deps.monotonicMs()
    if (nowMs - (this.#retried.get(key) ?? -Infinity) < RETRY_MS) return
    this.#retried.set(key, nowMs)
    this.#deps.test(agentId, name)
  }

  /** G2. */
  #untested(agentId: string, name: string, version: number): GateVerdict {
    const key = keyOf(agentId, name)
    const nowMs = this.#deps.monotonicMs()
    let asked = this.#asked.get(key)
    if (asked === undefined || asked.version !== version) {
      asked = { version, sinceMs: null, testedMs: -Infinity, hasOpened: false }
      this.#asked.set(key, asked)
    }
    const isDue = nowMs - asked.testedMs >= ASK_AGAIN_MS
    if (isDue && (asked.sinceMs !== null || this.#takeTurn(nowMs))) {
      asked.sinceMs ??= nowMs
      asked.testedMs = nowMs
      this.#deps.test(agentId, name)
    }
    if (asked.sinceMs === null || nowMs - asked.sinceMs < GATE_OPENS_MS) {
      return { kind: 'testing', datasource: name }
    }
    if (!asked.hasOpened) {
      asked.hasOpened = true
      this.#deps.log.warn(
        { agentId, datasource: name },
        `no connectivity test was answered for ${GATE_OPENS_MS / 1_000} s: the agent is given work without one`,
      )
    }
    return OPEN
  }

  /** G4. */
  #takeTurn(nowMs: number): boolean {
    const sinceMs = nowMs - this.#filledMs
    if (sinceMs >= 1_000) {
      const filled =
        this.#mayBegin + Math.floor(Math.min(sinceMs / 1_000, TESTS_BURST)) * TESTS_PER_SECOND
      this.#mayBegin = Math.min(TESTS_BURST, filled)
      this.#filledMs = nowMs
    }
    if (this.#mayBegin === 0) return false
    this.#mayBegin -= 1
    return true
  }
}

function keyOf(agentId: string, datasource: string): string {
  return `${agentId}/${datasource}`
}
