/** What the API asks of the runs. run/ implements it; api/ only knows this file and the store. */

/** Refused before anything is stored. The code is part of the API's answers. */
export type RunRefusal =
  | {
      readonly code: 'JOB_NOT_FOUND' | 'GROUP_NOT_FOUND' | 'RUN_NOT_FOUND' | 'DATASOURCE_NOT_FOUND'
      readonly message: string
    }
  /** The group is exclusive, and neither the job nor its owner is on its lists. */
  | { readonly code: 'GROUP_RESERVED'; readonly message: string }
  | { readonly code: 'RUN_UNFINISHED'; readonly message: string; readonly runId: number }
  | {
      readonly code: 'JOB_INVALID'
      readonly message: string
      readonly problems: readonly unknown[]
    }
  | { readonly code: 'STATE_CONFLICT'; readonly message: string }

export type RunAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: RunRefusal }

export interface StartRunRequest {
  readonly jobName: string
  /** null: the job's own group. */
  readonly groupName: string | null
  /** Scheduling parameter assignments, unevaluated: `ds` -> `$[yyyymmdd-1/24]`. */
  readonly params: Readonly<Record<string, string>>
  /** Planned time of the instance; null: now. */
  readonly cycTimeMs: number | null
  /** 1 to 8, larger goes first; null: PRIORITY_DEFAULT. */
  readonly priority: number | null
  /** Name of the API token that asks; '': none. */
  readonly owner: string
  /** Address that asks, for the audit. */
  readonly peer?: string
}

/** What nobody said anything about: behind everything that somebody did. */
export const PRIORITY_DEFAULT = 1

/** One reason why a run waits, or does not move faster. */
export interface RunReason {
  readonly code: RunReasonCode
  readonly title: string
  readonly detail: string
  /** What to do; '': nothing. */
  readonly fix: string
  /** Names, where some agents are meant. */
  readonly agents?: readonly string[]
}

/** Closed list; docs/07-resource-groups.md tells what each means. */
export const RUN_REASON_CODES = [
  'OVER',
  'HELD',
  'OLDER_RUN',
  'GROUP_PAUSED',
  'NO_AGENT',
  'AGENTS_QUARANTINED',
  'AGENTS_UPGRADING',
  'AGENTS_DRAINING',
  'AGENTS_OFFLINE',
  'AGENTS_REVOKED',
  'AGENTS_NOT_READY',
  'WEIGHT_ZERO',
  'CONNECTIVITY_CLOSED',
  'CONNECTIVITY_TESTING',
  'REFUSED',
  'PRIORITY',
  'GROUP_CHANNELS_MAX',
  'CHANNELS_FULL',
  'STEPS_FULL',
  'BACKOFF',
  'JOB_CONCURRENT',
  'SPEED_LIMIT',
  'MOVING',
] as const

export type RunReasonCode = (typeof RUN_REASON_CODES)[number]

export interface RunExplanation {
  readonly runId: number
  readonly state: string
  /** The first reason of those for which nothing moves; null: something does, or the run is over. */
  readonly waitingFor: string | null
  /** What matters most first. */
  readonly reasons: readonly RunReason[]
}

/** Live figures of a run; from memory while it is unfinished, else from the store. */
export interface RunProgress {
  readonly runId: number
  readonly state: string
  readonly phase: string
  readonly slicesTotal: number
  readonly slicesStaged: number
  readonly slicesRunning: number
  /** Rows of staged slices plus what running attempts have reported. */
  readonly rows: number
  /** Sum of all pinned ranges: offsets, so an upper bound of the records on compacted topics. */
  readonly rowsExpected: number
  readonly bytesRead: number
  readonly dirtyRecords: number
  readonly agents: readonly string[]
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
  readonly error: unknown
  /** Why nothing moves, when nothing moves: the first reason that `explain` gives. */
  readonly waitingFor: string | null
}

export interface QueryRequest {
  readonly groupName: string | null
  readonly datasourceName: string
  readonly sql: string
  readonly rowsMax: number
}

export interface QueryOutcome {
  readonly queryId: string
  readonly state: 'succeeded' | 'failed' | 'killed'
  /** {columns:[{name,type}], rows:[[...]], text, truncated} */
  readonly result: unknown
  readonly error: unknown
}

export interface Runs {
  start(request: StartRunRequest): Promise<RunAnswer<{ runId: number }>>
  /** A committing run is helped forward first: it may still end as succeeded. */
  kill(runId: number): Promise<RunAnswer<null>>
  /** A person decides about a held run: its rows are there (`committed`) or not (`notCommitted`). */
  resolveHeld(runId: number, outcome: 'committed' | 'notCommitted'): Promise<RunAnswer<null>>
  progress(runId: number): Promise<RunProgress | null>
  /** Why it waits, or what holds it back. */
  explain(runId: number): Promise<RunExplanation | null>
  /** Calls back on each change, at most every 250 ms, and once at the end. Returns unsubscribe. */
  watch(runId: number, onChange: (progress: RunProgress) => void): () => void
  /** Resolves when the statement is done on some agent of the group. */
  query(request: QueryRequest, signal: AbortSignal): Promise<RunAnswer<QueryOutcome>>
}
