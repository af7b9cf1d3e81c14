import type { TableColumn } from '../schema.ts'
import type { BlockEncoder } from './block-encoder.ts'

/** Whether every column is of a type that the Arrow encoding carries safely. Otherwise use the record encoding. */
export function arrowSupports(columns: readonly TableColumn[]): boolean {
  return arrowObstacle(columns) === null
}

/** Why the Arrow encoding is not for these columns, as a sentence; null when it is. */
export function arrowObstacle(_columns: readonly TableColumn[]): string | null {
  throw new Error('not built yet')
}

/** A block in the Arrow format. Throws UnsupportedType unless `arrowSupports(columns)`. */
export function createArrowEncoder(_columns: readonly TableColumn[]): BlockEncoder {
  throw new Error('not built yet')
}
