/** What the measured job moves: a record's value, and where it stood. */
import type { SliceMapping } from '../agent/convert/mapping.ts'
import { MAX_FIELD_BYTES_DEFAULT } from '../agent/convert/mapping.ts'
import { parseType } from '../maxcompute/types.ts'

/** Of the record, its name in the job, the table's column, the type. */
const COLUMNS = [
  ['value', '__value__', 'value', 'STRING'],
  ['partition', '__partition__', 'kafka_partition', 'BIGINT'],
  ['offset', '__offset__', 'kafka_offset', 'BIGINT'],
] as const

export const JOB_COLUMNS = COLUMNS.map(([, source, column]) => [source, column] as const)

export function createTableSql(table: string): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (${COLUMNS.map(([, , name, type]) => `${name} ${type}`).join(', ')});`
}

/** As the agent gets it for a slice of the job. */
export const JOB_MAPPING: SliceMapping = {
  columns: COLUMNS.map(([attribute], target) => ({
    source: { kind: 'attribute', attribute },
    target,
  })),
  sessionColumns: COLUMNS.map(([, , name, type]) => ({
    name,
    type: parseType(type),
    nullable: true,
    comment: '',
  })),
  keyType: 'string',
  valueType: 'string',
  encoding: 'utf-8',
  headerEncoding: 'utf-8',
  fieldDelimiter: ',',
  timeZone: 'UTC',
  emptyAsNull: false,
  overLengthRule: 'dirty',
  maxFieldBytes: MAX_FIELD_BYTES_DEFAULT,
}
