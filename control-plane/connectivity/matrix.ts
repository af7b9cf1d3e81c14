/**
 * Agents x data sources, in memory: the newest result of each pair.
 *
 * M1. A result counts for the version of the data source that was tested; of another version there is none.
 * M2. What is here was stored, or could not be: after a restart it is read again.
 */
import type {
  ConnectivityReason,
  ConnectivityTestRow,
  ConnectivityVerdict,
} from '../store/connectivity-tests/connectivity-test-row.ts'
import { closesGate } from './outcome.ts'

export interface Source {
  readonly id: number
  readonly version: number
}

export interface PairResult {
  readonly version: number
  readonly verdict: ConnectivityVerdict
  readonly message: string
  readonly finishedAtMs: number
  readonly closes: boolean
}

export class Matrix {
  /** By name. Bounded by the data sources that are registered. */
  readonly #sources = new Map<string, Source>()
  /** By agent, then data source. Bounded by pairs that were tested. */
  readonly #results = new Map<string, Map<string, PairResult>>()

  source(name: string): Source | undefined {
    return this.#sources.get(name)
  }

  setSource(name: string, source: Source): void {
    this.#sources.set(name, source)
  }

  removeSource(name: string): void {
    this.#sources.delete(name)
    for (const results of this.#results.values()) results.delete(name)
  }

  /** M1: of the current version only. */
  result(agentId: string, name: string): PairResult | undefined {
    const result = this.#results.get(agentId)?.get(name)
    return result?.version === this.#sources.get(name)?.version ? result : undefined
  }

  hasResults(agentId: string): boolean {
    return this.#results.has(agentId)
  }

  testedBefore(agentId: string): Iterable<string> {
    return this.#results.get(agentId)?.keys() ?? []
  }

  setResult(agentId: string, name: string, result: PairResult): void {
    const results = this.#results.get(agentId) ?? new Map<string, PairResult>()
    this.#results.set(agentId, results.set(name, result))
  }

  forgetResult(agentId: string, name: string): void {
    this.#results.get(agentId)?.delete(name)
  }

  load(rows: readonly ConnectivityTestRow[]): void {
    for (const row of rows) {
      if (row.isOfOldAddress) continue
      const { datasourceVersion: version, verdict, message, finishedAtMs, stages } = row
      const closes = closesGate(verdict, stages.length)
      const result = { version, verdict, message, finishedAtMs, closes }
      this.setResult(row.agentId, row.datasourceName, result)
    }
  }

  /**
   * Why the pair should be tested now; null: it need not be. Each pair has its own share of the
   * interval (0.9 to 1.1 of it), so that what began together does not stay together.
   */
  whyDue(
    agentId: string,
    name: string,
    at: { readonly nowMs: number; readonly intervalMs: number },
  ): ConnectivityReason | null {
    if (!this.#sources.has(name)) return null
    const known = this.#results.get(agentId)?.get(name)
    if (known === undefined) return 'agent-online'
    if (this.result(agentId, name) === undefined) return 'datasource-changed'
    const dueMs = known.finishedAtMs + at.intervalMs * (0.9 + 0.2 * share(`${agentId}/${name}`))
    return at.nowMs >= dueMs ? 'schedule' : null
  }
}

/** 0 up to 1, the same for the same text (FNV-1a). */
function share(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  }
  return hash / 2 ** 32
}
