/** Every bound of the API, in one place. */

/** Of a request's body. A job's text is at most 1 MiB; JSON escapes can double it. */
export const BODY_BYTES_MAX = 4 * 1024 * 1024
/** Of a name or id in a path. */
export const PATH_PARAM_CHARS_MAX = 200
/** Items of a page when the caller does not say. */
export const PAGE_ITEMS_DEFAULT = 100
export const PAGE_ITEMS_MAX = 1000
/** Rows of an ad-hoc query's result. */
export const QUERY_ROWS_MAX = 10_000
export const QUERY_ROWS_DEFAULT = 1000
/** Text of an ad-hoc statement. */
export const SQL_CHARS_MAX = 100_000
/** Live connections (`/runs/{id}/watch`) at once, over all callers. */
export const WATCHERS_MAX = 200
/** A watcher that reads so slowly that more than this waits for it gets no log lines meanwhile. */
export const WATCH_BUFFER_BYTES_MAX = 1024 * 1024
/** How often a watcher's new log lines are looked up. */
export const WATCH_LOG_POLL_MS = 500
/** Scheduling parameters of one run. */
export const RUN_PARAMS_MAX = 100
/** Remembered Idempotency-Keys; the oldest is forgotten first. */
export const IDEMPOTENCY_KEYS_MAX = 10_000
export const IDEMPOTENCY_KEEP_MS = 24 * 60 * 60 * 1000
/** Agents that one request may have test a data source. */
export const CONNECTIVITY_AGENTS_MAX = 500
/** With a table each opens an upload session; the service has 32 a table at once, and unused ones last for a day. */
export const CONNECTIVITY_SESSIONS_MAX = 16
/** So long a caller waits for their answers. */
export const CONNECTIVITY_WAIT_MS = 60_000
/** How long an enrol token may be used. */
export const ENROL_TOKEN_MS = 30 * 60 * 1000
