/**
 * A window over record spans: the rows that become one column batch. Windows have a fixed size, so
 * that every array of a converter is allocated once a slice.
 */
import type { RecordSpans } from '../kafka/record-spans.ts'

/** Rows of one column batch at most. */
export const WINDOW_ROWS_MAX = 4_096
/** Key and value bytes of one window, unless a single record is larger: bounds what columns copy. */
export const WINDOW_BYTES_MAX = 1024 * 1024

/** Byte spans, one a row of a window; a length of -1 is NULL. */
export interface TextSpans {
  readonly data: Uint8Array
  readonly starts: Int32Array
  readonly lengths: Int32Array
}

export interface RowWindow {
  readonly spans: RecordSpans
  /** First row of the spans; row r of the window is row `from + r` of the spans. */
  readonly from: number
  readonly count: number
  readonly keys: TextSpans
  readonly values: TextSpans
  readonly dirty: DirtyMarks
}

/** The window of rows `from` to `to`. */
export function openWindow(
  spans: RecordSpans,
  from: number,
  to: number,
  dirty: DirtyMarks,
): RowWindow {
  const { data } = spans
  dirty.clear()
  return {
    spans,
    from,
    count: to - from,
    keys: {
      data,
      starts: spans.keyStarts.subarray(from, to),
      lengths: spans.keyLengths.subarray(from, to),
    },
    values: {
      data,
      starts: spans.valueStarts.subarray(from, to),
      lengths: spans.valueLengths.subarray(from, to),
    },
    dirty,
  }
}

/** Which rows of a window are dirty, and why: the first reason found for a row stays. */
export class DirtyMarks {
  /** 1 for a dirty row. */
  readonly flags = new Uint8Array(WINDOW_ROWS_MAX)
  readonly columns: string[] = []
  readonly reasons: string[] = []
  count = 0

  clear(): void {
    if (this.count > 0) this.flags.fill(0)
    this.count = 0
  }

  mark(row: number, column: string, reason: string): void {
    if (this.flags[row] === 1) return
    this.flags[row] = 1
    this.columns[row] = column
    this.reasons[row] = reason
    this.count++
  }
}

/** Where the window that begins at `from` ends: bounded by rows and by bytes, at least one row. */
export function windowEnd(spans: RecordSpans, from: number): number {
  const end = Math.min(spans.count, from + WINDOW_ROWS_MAX)
  let bytes = 0
  for (let row = from; row < end; row++) {
    bytes += Math.max(0, spans.valueLengths[row]!) + Math.max(0, spans.keyLengths[row]!)
    if (bytes > WINDOW_BYTES_MAX && row > from) return row
  }
  return end
}
