import type { LogLineInput } from '../../proto/gen/sluice/agent/v1/LogLine.ts'
import {
  LOG_CHUNK_BYTES_MAX,
  LOG_CHUNK_LINES_MAX,
  LOG_LINE_BYTES_MAX,
} from '../../proto/link-limits.ts'

/** What waits for the control plane; beyond either, the oldest lines go, and a line says how many. */
const RING_LINES_MAX = 50_000
const RING_BYTES_MAX = 16 * 1024 * 1024
/** Of a line beside its texts, roughly. */
const LINE_OVERHEAD_BYTES = 32

interface Kept {
  readonly line: LogLineInput
  readonly bytes: number
}

export interface LogBatch {
  /** Of the first line, counted in lines since the process started. */
  readonly position: number
  readonly lines: readonly LogLineInput[]
}

/** Log lines until they are acknowledged, in a bounded ring. Lines are named by their position. */
export class LogRing {
  readonly #nowMs: () => number
  readonly #linesMax: number
  readonly #bytesMax: number
  #kept: Kept[] = []
  /** Index into #kept of the first line still kept: shifting a long array is slow. */
  #first = 0
  #firstPosition = 0
  #bytes = 0
  #dropped = 0
  #onLine: () => void = () => {}

  constructor(nowMs: () => number, linesMax = RING_LINES_MAX, bytesMax = RING_BYTES_MAX) {
    this.#nowMs = nowMs
    this.#linesMax = linesMax
    this.#bytesMax = bytesMax
  }

  /** Position of the first line that is not acknowledged. */
  get firstPosition(): number {
    return this.#firstPosition
  }

  get nextPosition(): number {
    return this.#firstPosition + this.#kept.length - this.#first
  }

  push(line: LogLineInput): void {
    if (this.#dropped > 0) {
      const dropped = this.#dropped
      this.#dropped = 0
      this.#append({
        level: 'warn',
        message: `${dropped} older log lines were dropped here: the control plane did not take them in time`,
      })
    }
    this.#append(line)
    this.#onLine()
  }

  /** The one who is told of each new line. */
  onLine(listener: () => void): void {
    this.#onLine = listener
  }

  /** What to send next from this position on; no lines when there are none. */
  batchFrom(position: number): LogBatch {
    const start = Math.max(position, this.#firstPosition)
    const lines: LogLineInput[] = []
    let bytes = 0
    for (let at = this.#first + start - this.#firstPosition; at < this.#kept.length; at += 1) {
      const kept = this.#kept[at]
      if (kept === undefined || lines.length === LOG_CHUNK_LINES_MAX) break
      if (lines.length > 0 && bytes + kept.bytes > LOG_CHUNK_BYTES_MAX) break
      lines.push(kept.line)
      bytes += kept.bytes
    }
    return { position: start, lines }
  }

  /** Everything before this position is stored. */
  acknowledge(position: number): void {
    while (this.#firstPosition < position && this.#first < this.#kept.length) this.#removeFirst()
  }

  #append(line: LogLineInput): void {
    const message = cut(line.message ?? '')
    const fieldsJson = line.fieldsJson ?? ''
    const fields =
      Buffer.byteLength(fieldsJson) > LOG_LINE_BYTES_MAX
        ? JSON.stringify({ cut: fieldsJson.slice(0, LOG_LINE_BYTES_MAX / 4) })
        : fieldsJson
    const bytes = Buffer.byteLength(message) + Buffer.byteLength(fields) + LINE_OVERHEAD_BYTES
    const atMs = line.atMs ?? this.#nowMs()
    this.#kept.push({ line: { ...line, atMs, message, fieldsJson: fields }, bytes })
    this.#bytes += bytes
    while (this.#kept.length - this.#first > this.#linesMax || this.#bytes > this.#bytesMax) {
      this.#removeFirst()
      this.#dropped += 1
    }
  }

  #removeFirst(): void {
    const kept = this.#kept[this.#first]
    if (kept === undefined) return
    this.#bytes -= kept.bytes
    this.#first += 1
    this.#firstPosition += 1
    if (this.#first > 1024 && this.#first * 2 > this.#kept.length) {
      this.#kept = this.#kept.slice(this.#first)
      this.#first = 0
    }
  }
}

function cut(message: string): string {
  const bytes = Buffer.byteLength(message)
  if (bytes <= LOG_LINE_BYTES_MAX) return message
  const head = Buffer.from(message).subarray(0, LOG_LINE_BYTES_MAX).toString('utf8')
  return `${head}… (cut: ${bytes} bytes)`
}
