import {
  ARRAY,
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBTypeId,
  FLOAT,
  INTEGER,
  LIST,
  MAP,
  SMALLINT,
  STRUCT,
  TIMESTAMP_MS,
  TIMESTAMP_NS,
  TINYINT,
  VARCHAR,
} from '@duckdb/node-api'
import type { DuckDBType } from '@duckdb/node-api'

import type { OdpsType } from './odps-type.ts'

/**
 * How types are stored:
 *
 * STRING, VARCHAR(n), CHAR(n), JSON: VARCHAR, with bytes that are not UTF-8 escaped (store/string-escape.ts).
 * DATETIME: TIMESTAMP_MS. TIMESTAMP, TIMESTAMP_NTZ: TIMESTAMP_NS (years 1677..2262; others are refused).
 * INTERVAL_DAY_TIME and INTERVAL_YEAR_MONTH: a STRUCT whose field names tell them apart, since DuckDB's INTERVAL
 * holds no nanoseconds.
 */
const DAY_TIME_SECONDS = 'interval_seconds'
const DAY_TIME_NANOS = 'interval_nanos'
const YEAR_MONTH_MONTHS = 'interval_months'

export const DAY_TIME_FIELDS = { seconds: DAY_TIME_SECONDS, nanos: DAY_TIME_NANOS } as const
export const YEAR_MONTH_FIELD = YEAR_MONTH_MONTHS

/** The DuckDB type that stores a MaxCompute type. */
export function toDuckType(type: OdpsType): DuckDBType {
  switch (type.kind) {
    case 'tinyint':
      return TINYINT
    case 'smallint':
      return SMALLINT
    case 'int':
      return INTEGER
    case 'bigint':
      return BIGINT
    case 'boolean':
      return BOOLEAN
    case 'float':
      return FLOAT
    case 'double':
      return DOUBLE
    case 'string':
    case 'varchar':
    case 'char':
    case 'json':
      return VARCHAR
    case 'binary':
      return BLOB
    case 'date':
      return DATE
    case 'datetime':
      return TIMESTAMP_MS
    case 'timestamp':
    case 'timestamp_ntz':
      return TIMESTAMP_NS
    case 'decimal':
      return DECIMAL(type.precision, type.scale)
    case 'interval_day_time':
      return STRUCT({ [DAY_TIME_SECONDS]: BIGINT, [DAY_TIME_NANOS]: INTEGER })
    case 'interval_year_month':
      return STRUCT({ [YEAR_MONTH_MONTHS]: BIGINT })
    case 'array':
      return LIST(toDuckType(type.element))
    case 'vector':
      return ARRAY(toDuckType(type.element), type.length)
    case 'map':
      return MAP(toDuckType(type.key), toDuckType(type.value))
    case 'struct':
      return STRUCT(Object.fromEntries(type.fields.map((f) => [f.name, toDuckType(f.type)])))
  }
}

/** The same as SQL text, for DDL and casts. */
export function toDuckSql(type: OdpsType): string {
  switch (type.kind) {
    case 'array':
      return `${toDuckSql(type.element)}[]`
    case 'vector':
      return `${toDuckSql(type.element)}[${type.length}]`
    case 'map':
      return `MAP(${toDuckSql(type.key)}, ${toDuckSql(type.value)})`
    case 'struct': {
      const fields = type.fields.map((f) => `${quoteName(f.name)} ${toDuckSql(f.type)}`)
      return `STRUCT(${fields.join(', ')})`
    }
    case 'interval_day_time':
      return `STRUCT(${DAY_TIME_SECONDS} BIGINT, ${DAY_TIME_NANOS} INTEGER)`
    case 'interval_year_month':
      return `STRUCT(${YEAR_MONTH_MONTHS} BIGINT)`
    default:
      return String(toDuckType(type))
  }
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** The MaxCompute type of a query's result column; null when the column must be cast to STRING first. */
export function fromDuckType(type: DuckDBType): OdpsType | null {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return { kind: 'boolean' }
    case DuckDBTypeId.TINYINT:
      return { kind: 'tinyint' }
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.UTINYINT:
      return { kind: 'smallint' }
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.USMALLINT:
      return { kind: 'int' }
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UINTEGER:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return { kind: 'bigint' }
    case DuckDBTypeId.FLOAT:
      return { kind: 'float' }
    case DuckDBTypeId.DOUBLE:
      return { kind: 'double' }
    case DuckDBTypeId.VARCHAR:
      return { kind: 'string' }
    case DuckDBTypeId.BLOB:
      return { kind: 'binary' }
    case DuckDBTypeId.DATE:
      return { kind: 'date' }
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_S:
      return { kind: 'datetime' }
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
    case DuckDBTypeId.TIMESTAMP_NS:
      return { kind: 'timestamp' }
    default:
      return fromNestedDuckType(type)
  }
}

function fromNestedDuckType(type: DuckDBType): OdpsType | null {
  switch (type.typeId) {
    case DuckDBTypeId.DECIMAL:
      return { kind: 'decimal', precision: type.width, scale: type.scale }
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY: {
      const element = fromDuckType(type.valueType)
      return element === null ? null : { kind: 'array', element }
    }
    case DuckDBTypeId.MAP: {
      const key = fromDuckType(type.keyType)
      const value = fromDuckType(type.valueType)
      return key === null || value === null ? null : { kind: 'map', key, value }
    }
    case DuckDBTypeId.STRUCT: {
      if (type.entryNames[0] === DAY_TIME_SECONDS) return { kind: 'interval_day_time' }
      if (type.entryNames[0] === YEAR_MONTH_MONTHS) return { kind: 'interval_year_month' }
      const fields: { name: string; type: OdpsType }[] = []
      for (const [i, name] of type.entryNames.entries()) {
        const entry = type.entryTypes[i]
        const fieldType = entry === undefined ? null : fromDuckType(entry)
        if (fieldType === null) return null
        fields.push({ name, type: fieldType })
      }
      return { kind: 'struct', fields }
    }
    default:
      return null
  }
}
