/** What the API asks of the runs. run/ implements it; api/ only knows this file and the store. */

/** Refused before anything is stored. The code is part of the API's answers. */
export type RunRefusal =
  | {
      readonly code: 'JOB_NOT_FOUND' | 'GROUP_NOT_FOUND' | 'RUN_NOT_FOUND' | 'DATASOURCE_NOT_FOUND'
      readonly message: string
    }
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
  /**
   * Why nothing moves, when nothing moves: "no agent of group idc is online", what an agent refuses
   * work for, or what the last attempt failed with that is made again.
   */
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
  /** Calls back on each change, at most every 250 ms, and once at the end. Returns unsubscribe. */
  watch(runId: number, onChange: (progress: RunProgress) => void): () => void
  /** Resolves when the statement is done on some agent of the group. */
  query(request: QueryRequest, signal: AbortSignal): Promise<RunAnswer<QueryOutcome>>
}
