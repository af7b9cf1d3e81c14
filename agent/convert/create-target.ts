import type { TableColumn } from '../../maxcompute/schema.ts'
import { formatType } from '../../maxcompute/types.ts'
import { DecimalTarget, JsonTarget, StringTarget } from './bytes-target.ts'
import { DateTarget, TimestampTarget } from './date-target.ts'
import { BoolTarget, FloatTarget } from './float-target.ts'
import { Int64Target } from './int64-target.ts'
import { MappingError, type SliceMapping } from './mapping.ts'
import { NestedTarget } from './nested-target.ts'
import type { Target } from './target.ts'
import type { TimeZone } from './time-zone.ts'

/** The converter's end of a column. Throws a `MappingError` for a type that cannot be written. */
export function createTarget(column: TableColumn, mapping: SliceMapping, zone: TimeZone): Target {
  const { type } = column
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return new Int64Target(column, type.kind)
    case 'FLOAT':
    case 'DOUBLE':
      return new FloatTarget(column)
    case 'BOOLEAN':
      return new BoolTarget(column)
    case 'STRING':
    case 'VARCHAR':
    case 'CHAR':
    case 'BINARY':
      return new StringTarget(column, mapping)
    case 'JSON':
      return new JsonTarget(column, mapping)
    case 'DECIMAL':
      return new DecimalTarget(column, type)
    case 'DATE':
    case 'DATETIME':
      return new DateTarget(column, zone)
    case 'TIMESTAMP':
    case 'TIMESTAMP_NTZ':
      return new TimestampTarget(column, zone)
    case 'ARRAY':
    case 'MAP':
    case 'STRUCT':
      return new NestedTarget(column, mapping, zone)
    case 'INTERVAL_DAY_TIME':
    case 'INTERVAL_YEAR_MONTH':
    case 'GEOGRAPHY':
    case 'VECTOR':
    default:
      throw new MappingError(
        'COLUMN_TYPE_UNSUPPORTED',
        `Column ${column.name} is ${formatType(type)}, which records of Kafka have no form for: leave it out of the writer's columns, or write it by SQL afterwards.`,
        column.name,
      )
  }
}
