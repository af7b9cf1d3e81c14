/** What /runs/{id}/watch sends: JSON text frames, one event each. The client sends nothing. */
import type { RunProgress } from '../../run/run-port.ts'
import type { LogLineShape } from './run.ts'

export type WatchEvent =
  | { readonly type: 'progress'; readonly progress: RunProgress }
  /** In the order of their ids; a slow reader gets them late, never out of order, none is left out. */
  | { readonly type: 'log'; readonly line: LogLineShape }
  /** The run is over; every log line that was stored by then was sent. The server closes next. */
  | { readonly type: 'end'; readonly progress: RunProgress }
