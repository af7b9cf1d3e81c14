/** What a slice's columns mean, checked and typed: the input of `createConverter`. */
import { MaxComputeError } from '../../maxcompute/errors.ts'
import type { TableColumn } from '../../maxcompute/schema.ts'
import { parseType } from '../../maxcompute/types.ts'
import type { ReaderColumn } from '../../proto/gen/sluice/agent/v1/ReaderColumn.ts'
import type { SliceSpec } from '../../proto/gen/sluice/agent/v1/SliceSpec.ts'
import type { TableColumn as WireColumn } from '../../proto/gen/sluice/agent/v1/TableColumn.ts'

export type FieldType = 'string' | 'bytearray' | 'double' | 'float' | 'integer' | 'long' | 'short'
export type Attribute = 'key' | 'value' | 'partition' | 'headers' | 'offset' | 'timestamp'
export type OverLengthRule = 'dirty' | 'truncate' | 'keepOn' | 'setNull'

export type ColumnSource =
  | { readonly kind: 'constant'; readonly text: string }
  | { readonly kind: 'attribute'; readonly attribute: Attribute }
  | { readonly kind: 'jsonPath'; readonly keys: readonly string[] }
  /** Zero-based field of a delimited value. */
  | { readonly kind: 'field'; readonly index: number }

export interface ColumnMapping {
  readonly source: ColumnSource
  /** Index into `sessionColumns`. */
  readonly target: number
}

export interface SliceMapping {
  readonly columns: readonly ColumnMapping[]
  readonly sessionColumns: readonly TableColumn[]
  readonly keyType: FieldType
  readonly valueType: FieldType
  /** WHATWG name, lower case. */
  readonly encoding: string
  readonly headerEncoding: string
  readonly fieldDelimiter: string
  /** IANA name. */
  readonly timeZone: string
  readonly emptyAsNull: boolean
  readonly overLengthRule: OverLengthRule
  readonly maxFieldBytes: number
}

/** What the service takes when the session does not say. */
export const MAX_FIELD_BYTES_DEFAULT = 8 * 1024 * 1024

export type MappingErrorCode =
  | 'COLUMN_NOT_FOUND'
  | 'COLUMN_COUNT_MISMATCH'
  | 'COLUMN_TYPE_UNSUPPORTED'
  | 'INTERNAL'

/** The mapping cannot work for any record: a failure of the slice, not of a record. */
export class MappingError extends Error {
  override readonly name = 'MappingError'
  readonly code: MappingErrorCode
  /** The table's column it is about; empty: none. */
  readonly column: string

  constructor(code: MappingErrorCode, message: string, column = '', cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.column = column
  }
}

/**
 * Reads the mapping of a slice. Writer columns find their session column by name, whatever the
 * case. Throws a `MappingError` when that, the number of columns or a column's type is wrong.
 */
export function parseMapping(spec: SliceSpec): SliceMapping {
  if (spec.readerColumns.length !== spec.writerColumns.length) {
    throw new MappingError(
      'COLUMN_COUNT_MISMATCH',
      `The reader has ${spec.readerColumns.length} columns and the writer has ${spec.writerColumns.length}: give both the same number, they are matched by position.`,
    )
  }
  const sessionColumns = spec.sessionColumns.map(parseColumn)
  const byName = new Map(sessionColumns.map((column, index) => [column.name.toLowerCase(), index]))
  const columns = spec.writerColumns.map((name, index) => ({
    source: parseSource(spec.readerColumns[index]!),
    target: findTarget(byName, name, sessionColumns),
  }))
  refuseGaps(columns, sessionColumns)
  return {
    columns,
    sessionColumns,
    keyType: fieldType(spec.keyType),
    valueType: fieldType(spec.valueType),
    encoding: spec.encoding === '' ? 'utf-8' : spec.encoding.toLowerCase(),
    headerEncoding: spec.headerEncoding === '' ? 'utf-8' : spec.headerEncoding.toLowerCase(),
    fieldDelimiter: spec.fieldDelimiter,
    timeZone: spec.timeZone === '' ? 'UTC' : spec.timeZone,
    emptyAsNull: spec.emptyAsNull,
    overLengthRule: overLengthRule(spec.overLengthRule),
    maxFieldBytes: spec.maxFieldBytes > 0 ? spec.maxFieldBytes : MAX_FIELD_BYTES_DEFAULT,
  }
}

/** A column as the link carries it, its type read. Throws a `MappingError` for a type nobody knows. */
export function parseColumn(column: WireColumn): TableColumn {
  try {
    const { name, nullable } = column
    return { name, type: parseType(column.type), nullable, comment: '' }
  } catch (cause) {
    if (!(cause instanceof MaxComputeError)) throw cause
    throw new MappingError(
      'COLUMN_TYPE_UNSUPPORTED',
      `Column ${column.name}: ${cause.message}`,
      column.name,
      cause,
    )
  }
}

function findTarget(
  byName: ReadonlyMap<string, number>,
  name: string,
  columns: readonly TableColumn[],
): number {
  const index = byName.get(name.toLowerCase())
  if (index !== undefined) return index
  throw new MappingError(
    'COLUMN_NOT_FOUND',
    `The table has no column "${name}": its columns are ${columns.map((c) => c.name).join(', ')}.`,
    name,
  )
}

function refuseGaps(mappings: readonly ColumnMapping[], columns: readonly TableColumn[]): void {
  const written = new Set<number>()
  for (const { target } of mappings) {
    const { name } = columns[target]!
    if (written.has(target)) {
      throw new MappingError(
        'COLUMN_COUNT_MISMATCH',
        `The writer names column "${name}" twice: each column takes one value.`,
        name,
      )
    }
    written.add(target)
  }
  const missing = columns.find((column, index) => !column.nullable && !written.has(index))
  if (missing !== undefined) {
    throw new MappingError(
      'COLUMN_COUNT_MISMATCH',
      `Column "${missing.name}" is NOT NULL and the job does not write it: add it to the writer's columns, or allow NULL in the table.`,
      missing.name,
    )
  }
}

function parseSource(column: ReaderColumn): ColumnSource {
  switch (column.source) {
    case 'constant':
      return { kind: 'constant', text: column.constant ?? '' }
    case 'attribute':
      return { kind: 'attribute', attribute: attribute(column.attribute ?? '') }
    case 'jsonPath': {
      const keys = column.jsonPath?.keys ?? []
      if (keys.length === 0) throw unknownWord('JSON path', '')
      return { kind: 'jsonPath', keys }
    }
    case 'fieldIndex':
      return { kind: 'field', index: column.fieldIndex ?? 0 }
    case undefined:
    default:
      throw unknownWord('reader column', 'without a source')
  }
}

const FIELD_TYPES: ReadonlySet<string> = new Set<FieldType>([
  'string',
  'bytearray',
  'double',
  'float',
  'integer',
  'long',
  'short',
])
const ATTRIBUTES: ReadonlySet<string> = new Set<Attribute>([
  'key',
  'value',
  'partition',
  'headers',
  'offset',
  'timestamp',
])

function fieldType(word: string): FieldType {
  const type = word === '' ? 'string' : word.toLowerCase()
  if (!FIELD_TYPES.has(type)) throw unknownWord('key or value type', word)
  return type as FieldType
}

function attribute(word: string): Attribute {
  if (!ATTRIBUTES.has(word)) throw unknownWord('attribute', word)
  return word as Attribute
}

function overLengthRule(word: string): OverLengthRule {
  if (word === '') return 'dirty'
  if (word === 'truncate' || word === 'keepOn' || word === 'setNull') return word
  throw unknownWord('overLengthRule', word)
}

/** The control plane has checked all of these: a word that is not known here is a newer control plane's. */
function unknownWord(what: string, word: string): MappingError {
  return new MappingError(
    'INTERNAL',
    `This agent does not know the ${what} "${word}": upgrade the agent to the control plane's version.`,
  )
}
