import type { TableColumn } from '../schema.ts'
import type { BlockEncoder } from './block-encoder.ts'

/** A block in the record format: every type, every deployment. `columns`: the session's data columns, in order. */
export function createRecordEncoder(_columns: readonly TableColumn[]): BlockEncoder {
  throw new Error('not built yet')
}
