import { ServiceError } from '../service-error.ts'
import type { OdpsType } from '../type/odps-type.ts'
import { partitionText } from './table-def.ts'
import type { TableDef } from './table-def.ts'

/** `name = 'quoted'`, `name = "quoted"` or `name = bare`, up to a comma or a slash. */
const PART =
  /\s*`?([\p{L}_][\p{L}\p{N}_]*)`?\s*=\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,/]*))\s*/uy
const INTEGER_KINDS = new Set<OdpsType['kind']>(['tinyint', 'smallint', 'int', 'bigint'])

/** Reads `pt='a',hh='01'` (REST) or `pt=a/hh=01` (tunnel) into pairs; throws InvalidPartitionSpec. */
export function parseSpec(text: string): Map<string, string> {
  const parts = new Map<string, string>()
  PART.lastIndex = 0
  for (let at = 0; at <= text.length;) {
    PART.lastIndex = at
    const match = PART.exec(text)
    const name = match?.[1]?.toLowerCase()
    if (match === null || name === undefined || parts.has(name))
      throw invalid(text, 'not a list of key=value')
    const quoted = match[2] ?? match[3]
    parts.set(
      name,
      quoted === undefined ? (match[4] ?? '').trim() : quoted.replaceAll(/\\(.)/g, '$1'),
    )
    at = PART.lastIndex
    if (at === text.length) return parts
    if (text[at] !== ',' && text[at] !== '/') throw invalid(text, 'not a list of key=value')
    at += 1
  }
  throw invalid(text, 'not a list of key=value')
}

/** The values of a full spec, in the order of the table's partition keys and in canonical form. */
export function specValues(table: TableDef, spec: ReadonlyMap<string, string>): string[] {
  const text = [...spec].map(([k, v]) => `${k}=${v}`).join(',')
  const keys = table.partitionKeys
  const where = `table ${table.project}.${table.name}`
  if (keys.length === 0) throw invalid(text, `${where} is not partitioned`)
  for (const name of spec.keys()) {
    if (!keys.some((k) => k.name === name))
      throw invalid(text, `${where} has no partition key ${name}`)
  }
  return keys.map((key) => {
    const value = spec.get(key.name)
    if (value === undefined) throw invalid(text, `${where} also has the partition key ${key.name}`)
    return canonicalValue(key.name, key.type, value)
  })
}

/** One spelling per value: `pt=01` and `pt=1` are the same partition of an integer key. */
export function canonicalValue(name: string, type: OdpsType, value: string): string {
  if (value === '')
    throw new ServiceError('InvalidPartitionSpec', `the partition value of ${name} is empty`)
  if (!INTEGER_KINDS.has(type.kind)) return value
  if (/^[+-]?\d{1,19}$/.test(value)) return String(BigInt(value))
  throw new ServiceError(
    'InvalidPartitionSpec',
    `the partition value '${value}' of ${name} is not a whole number`,
  )
}

export function noSuchPartition(table: TableDef, values: readonly string[]): ServiceError {
  const where = `${table.project}.${table.name}`
  return new ServiceError(
    'NoSuchPartition',
    `The specified partition does not exist: ${partitionText(table, values)} of table ${where}`,
  )
}

function invalid(text: string, problem: string): ServiceError {
  return new ServiceError('InvalidPartitionSpec', `partition spec '${text}': ${problem}`)
}
