import type { OdpsType } from '../type/odps-type.ts'

/**
 * Tags of the record stream.
 *
 *     body    = record* footer
 *     record  = field* END_RECORD varint(crc_record)
 *     field   = varint(columnIndex << 3 | wireType) value        columns count from 1; NULL = no field
 *     footer  = META_COUNT zigzag64(count) [metrics] META_CHECKSUM varint(crc_total)
 *     metrics = field(1, text) METRICS_END varint(crc)           downloads only
 *
 * crc_record is fed with each column's index (4 bytes, little endian) and value; crc_total with each crc_record.
 * A nested value has no byte length: it can be skipped only with the schema at hand.
 */
export const WIRE_VARINT = 0
export const WIRE_FIXED64 = 1
export const WIRE_BYTES = 2
export const WIRE_FIXED32 = 5

export const TAG_END_RECORD = 33_553_408 * 8
export const TAG_METRICS_END = 33_554_176 * 8
export const TAG_META_COUNT = 33_554_430 * 8
export const TAG_META_CHECKSUM = 33_554_431 * 8

/** A column of the stream: data columns of the session's schema, in its order. */
export interface StreamColumn {
  readonly name: string
  readonly type: OdpsType
  readonly isNullable: boolean
}
