import { BlockError } from './block-error.ts'
import { RecordScanner } from './record-scanner.ts'
import type { StreamColumn } from './record-tags.ts'
import type { RowBatch } from './row-batch.ts'

/** The service's limit on one record. */
const RECORD_BYTES_MAX = 200 * 1024 * 1024

/** Takes a block body piece by piece. `push` and `end` throw BlockError. */
export interface BlockReader {
  readonly recordCount: number
  push(piece: Uint8Array): void
  /** The body ended: throws unless the block is complete and right. */
  end(): void
}

/** A block of records (grammar: record-tags.ts). Memory: one piece, and one record that a piece cuts. */
export class RecordReader implements BlockReader {
  private readonly scanner: RecordScanner
  private pending: Uint8Array[] = []
  private pendingBytes = 0
  /** A long record is tried again only when twice as much of it is here: linear work, not quadratic. */
  private retryBytes = 0

  constructor(columns: readonly StreamColumn[], receive: (batch: RowBatch) => void) {
    this.scanner = new RecordScanner(columns, receive)
  }

  get recordCount(): number {
    return this.scanner.recordCount
  }

  push(piece: Uint8Array): void {
    this.pendingBytes += piece.byteLength
    if (this.pendingBytes < this.retryBytes) {
      this.pending.push(piece)
      return
    }
    this.scan(this.pending.length === 0 ? piece : Buffer.concat([...this.pending, piece]))
  }

  end(): void {
    if (this.pending.length > 0) this.scan(Buffer.concat(this.pending))
    if (this.scanner.isFinished) return
    const where = `after ${this.recordCount} records`
    throw new BlockError(
      'IncompleteBody',
      `the body ends ${where} without a footer (META_COUNT and META_CHECKSUM): send the whole block again`,
    )
  }

  private scan(window: Uint8Array): void {
    const taken = this.scanner.scan(window, 0, window.byteLength)
    const rest = window.byteLength - taken
    if (rest > RECORD_BYTES_MAX) {
      const message = `record ${this.recordCount + 1} exceeds ${RECORD_BYTES_MAX} bytes`
      throw new BlockError('InvalidArgument', message)
    }
    // The window may be a socket's buffer, so what stays is copied.
    this.pending = rest === 0 ? [] : [Uint8Array.prototype.slice.call(window, taken)]
    this.pendingBytes = rest
    this.retryBytes = 2 * rest
  }
}
