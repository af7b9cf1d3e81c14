/** What hand-out asks before it gives an agent work of a run that uses these data sources. */

export type GateVerdict =
  | { readonly kind: 'open' }
  /** There is no result yet, or it is out of date: a test is under way, and `onChange` is called when it ends. */
  | { readonly kind: 'testing'; readonly datasource: string }
  | {
      readonly kind: 'closed'
      readonly datasource: string
      /** ConfigError does not close: such a run fails by name instead of waiting for ever. */
      readonly verdict: 'Unreachable' | 'Unsupported'
      /** The stage that failed, why, and what to do. */
      readonly message: string
      readonly testedAtMs: number
    }

export interface ConnectivityGate {
  /**
   * By memory alone, at once; starts a test where one is missing, and tries closed pairs again while
   * they are asked for. Data sources that a job gives inline have no name and are not asked for.
   */
  check(agentId: string, datasourceNames: readonly string[]): GateVerdict
  /** Some verdict has changed: hand-out should look again. */
  onChange(listener: () => void): void
}

/** Before there are connectivity tests, and in tests of other things. */
export const OPEN_GATE: ConnectivityGate = {
  check: () => ({ kind: 'open' }),
  onChange: () => {},
}
