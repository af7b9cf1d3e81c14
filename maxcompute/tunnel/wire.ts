/**
 * The record format's constants, for the encoder and the decoder.
 *
 *   body    = record* footer
 *   record  = field* END_RECORD varint(crc_record)
 *   field   = varint(columnIndex<<3 | wireType) value      # non-NULL columns only; columnIndex counts from 1
 *   footer  = META_COUNT zigzag64(count) [ metrics ] META_CHECKSUM varint(crc_total)
 *   metrics = varint(1<<3 | 2) text METRICS_END varint(crc)    # downloads only
 *
 * crc_record: per present column, columnIndex as int32 LE, then the value as its type says. crc_total: each crc_record as uint32 LE.
 */

import { MaxComputeError } from '../errors.ts'
import { formatType, type MaxComputeType } from '../types.ts'

export const WIRE_VARINT = 0
export const WIRE_FIXED64 = 1
export const WIRE_LENGTH = 2
export const WIRE_FIXED32 = 5

export const END_RECORD = 33_553_408
/** Of the protocol, and never sent here. @public */
export const SCHEMA_END = 33_553_920
export const METRICS_END = 33_554_176
export const META_COUNT = 33_554_430
export const META_CHECKSUM = 33_554_431

/** The field that carries the text of metrics (in the footer) and of a schema (at the start of some instance streams). */
export const TEXT_FIELD = 1

export type WireType =
  | typeof WIRE_VARINT
  | typeof WIRE_FIXED64
  | typeof WIRE_LENGTH
  | typeof WIRE_FIXED32

/** The wire type of a column's tag. */
export function wireTypeOf(type: MaxComputeType): WireType {
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'BOOLEAN':
    case 'DATE':
    case 'DATETIME':
    case 'INTERVAL_YEAR_MONTH':
      return WIRE_VARINT
    case 'DOUBLE':
      return WIRE_FIXED64
    case 'FLOAT':
      return WIRE_FIXED32
    default:
      return WIRE_LENGTH
  }
}

/** A value that cannot be encoded: says the column, its type and the row of the batch, never the value. */
export function invalidValue(
  columnName: string,
  type: MaxComputeType,
  row: number,
  what: string,
): MaxComputeError {
  return new MaxComputeError(
    'InvalidValue',
    `Column ${columnName} (${formatType(type)}), row ${row} of the batch: ${what}. ` +
      'Check values before they are encoded, and count those rows as dirty.',
  )
}
