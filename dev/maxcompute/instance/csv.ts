import type { ColumnValues } from '../download/row-source.ts'
import type { ColumnDef } from '../store/table-def.ts'
import type { OdpsType } from '../type/odps-type.ts'
import { isMapEntries, isSecondsNanos } from '../wire/value.ts'
import type { Value } from '../wire/value.ts'

const MS_PER_DAY = 86_400_000

/** A header row of names and one line a row; NULL is \N without quotes. */
export function csvHeader(columns: readonly ColumnDef[]): string {
  return `${columns.map((c) => quote(c.name)).join(',')}\n`
}

export function csvRows(columns: readonly ColumnDef[], values: ColumnValues): string {
  const rowCount = values[0]?.length ?? 0
  let text = ''
  for (let row = 0; row < rowCount; row += 1) {
    const cells = columns.map((c, i) => cell(c.type, values[i]?.[row] ?? null))
    text += `${cells.join(',')}\n`
  }
  return text
}

function cell(type: OdpsType, value: Value): string {
  if (value === null) return String.raw`\N`
  const text = scalarText(type, value) ?? JSON.stringify(jsonValue(type, value))
  return typeof value === 'object' && type.kind !== 'decimal' ? quote(text) : text
}

/** The text of a scalar; null for nested types. */
function scalarText(type: OdpsType, value: Value): string | null {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  if (typeof value === 'boolean' || typeof value === 'number') return String(value)
  if (typeof value === 'bigint') return integerText(type, value)
  if (isSecondsNanos(value)) {
    if (type.kind === 'interval_day_time') {
      return `${value.seconds}.${String(value.nanos).padStart(9, '0')}`
    }
    const fraction = value.nanos === 0 ? '' : `.${String(value.nanos).padStart(9, '0')}`
    return `${isoText(Number(value.seconds) * 1000).slice(0, 19)}${fraction.replace(/0+$/, '')}`
  }
  return null
}

function integerText(type: OdpsType, value: bigint): string {
  switch (type.kind) {
    case 'date':
      return isoText(Number(value) * MS_PER_DAY).slice(0, 10)
    case 'datetime':
      return isoText(Number(value)).slice(0, 19)
    default:
      return String(value)
  }
}

function jsonValue(type: OdpsType, value: Value): unknown {
  if (value === null) return null
  if (isMapEntries(value) && type.kind === 'map') {
    return Object.fromEntries(
      value.entries.map(([k, v]) => [scalarText(type.key, k) ?? '', jsonValue(type.value, v)]),
    )
  }
  if (Array.isArray(value)) {
    const items = value as readonly Value[]
    if (type.kind === 'struct') {
      return Object.fromEntries(
        type.fields.map((f, i) => [f.name, jsonValue(f.type, items[i] ?? null)]),
      )
    }
    if (type.kind === 'array' || type.kind === 'vector') {
      return items.map((v) => jsonValue(type.element, v))
    }
  }
  if (typeof value === 'boolean' || typeof value === 'number') return value
  if (typeof value === 'bigint' && type.kind !== 'date' && type.kind !== 'datetime') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  }
  return scalarText(type, value)
}

function isoText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ')
}

function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}
