import { BlockError } from './block-error.ts'
import type { BlockReader } from './record-reader.ts'
import type { StreamColumn } from './record-tags.ts'
import type { RowBatch } from './row-batch.ts'

export class ArrowReader implements BlockReader {
  recordCount = 0
  // eslint-disable-next-line
  constructor(_columns: readonly StreamColumn[], _receive: (batch: RowBatch) => void) {}
  push(): void {
    throw new BlockError('InvalidArgument', 'Arrow blocks are not supported yet')
  }
  end(): void {}
}
