/** The MaxCompute writer's parameters. */
import { readDataSourceName } from './datasource-name.ts'
import type { Fields } from './fields.ts'
import type { MaxComputeWriter, WriterSource } from './job.ts'
import {
  INLINE_MAXCOMPUTE_KEYS,
  readIdentifier,
  readInlineMaxCompute,
  readSchema,
} from './maxcompute-source.ts'
import { readPartitionSpec } from './partition-spec.ts'
import { COLUMNS_MAX } from './reader-columns.ts'
import type { MaxComputeSecrets } from './source.ts'

const FIELD_BYTES_DEFAULT = 8 * 1024 * 1024
const FIELD_BYTES_MAX = 256 * 1024 * 1024
const BLOCK_MIB_MIN = 8
const BLOCK_MIB_MAX = 512
const REQUEST_TRIES_MAX = 10
const WRITE_TIMEOUT_MS_MAX = 3_600_000
const STATEMENTS_MAX = 20

export interface ReadWriter {
  /** null: something is missing or wrong, and reported. */
  readonly writer: MaxComputeWriter | null
  readonly secrets: MaxComputeSecrets | null
  /** null: all columns (`*`), or no usable list. */
  readonly columnCount: number | null
}

export function readWriter(fields: Fields): ReadWriter {
  const { source, secrets } = readSource(fields)
  fields.require('table', 'the table to write to')
  const table = readIdentifier(fields, 'table', 'a table (without its project)')
  const columns = readColumns(fields)
  const columnCount = columns === null || columns === '*' ? null : columns.length
  fields.require('truncate', 'true replaces what the table or partition holds, false appends')
  const truncate = fields.boolean('truncate')
  const partition = fields.text('partition')
  const partitionSpec = partition === null ? null : readPartitionSpec(partition, fields.problems)
  const rest = {
    schema: readSchema(fields),
    partitionSpec,
    emptyAsNull: fields.boolean('emptyAsNull') ?? false,
    compress: fields.boolean('compress') ?? false,
    consistencyCommit: fields.boolean('consistencyCommit') ?? false,
    tunnelQuota: fields.textValue('tunnelQuota'),
    overLengthRule: fields.choice('overLengthRule', ['truncate', 'keepOn', 'setNull']),
    maxFieldBytes: fields.integer('maxOdpsFieldLength', 1, FIELD_BYTES_MAX) ?? FIELD_BYTES_DEFAULT,
    preSql: readStatements(fields, 'preSql'),
    postSql: readStatements(fields, 'postSql'),
    blockBytes: readBlockBytes(fields),
    requestTriesMax: fields.integer('maxRetryTime', 1, REQUEST_TRIES_MAX),
    writeTimeoutMs: fields.integer('writeTimeoutInMs', 1_000, WRITE_TIMEOUT_MS_MAX),
  }
  refuseDynamicPartitions(fields)
  fields.noEffect(['writeTimeoutInMs'], 'an upload ends when it stands still, not when it is long')
  fields.noEffect(['guid'], 'it names the table in a catalogue and does not concern the load')
  fields.noEffect(['envType'], 'Sluice has no separate development environment')
  fields.noEffect(['isSupportThreeModel'], '"schema" says whether the project has three layers')
  fields.noEffect(['consistencyCommit'], 'the rows of a run always become visible all at once')
  fields.finish()
  if (source === null || table === null || columns === null || truncate === null) {
    return { writer: null, secrets, columnCount }
  }
  return { writer: { source, table, columns, truncate, ...rest }, secrets, columnCount }
}

function readSource(fields: Fields): {
  source: WriterSource | null
  secrets: MaxComputeSecrets | null
} {
  const inlineKeys = INLINE_MAXCOMPUTE_KEYS.filter((key) => fields.has(key))
  const name = readDataSourceName(fields)
  if (fields.has('datasource')) {
    for (const key of inlineKeys) {
      const message = `"${key}" and "datasource" exclude each other; keep one of the two.`
      fields.problems.errorAt('conflict', fields.place(key), message)
    }
    return { source: name === null ? null : { kind: 'datasource', name }, secrets: null }
  }
  if (inlineKeys.length === 0) {
    fields.require('datasource', 'the name of a MaxCompute data source')
    return { source: null, secrets: null }
  }
  const inline = readInlineMaxCompute(fields)
  if (inline === null) return { source: null, secrets: null }
  return { source: { kind: 'inline', maxCompute: inline.source }, secrets: inline.secrets }
}

function readColumns(fields: Fields): readonly string[] | '*' | null {
  fields.require('column', 'the list of table columns, in the order of the reader')
  const list = fields.array('column')
  if (list === null) return null
  const { items } = list
  if (items.length === 1 && items[0]?.kind === 'string' && items[0].value.trim() === '*') return '*'
  if (items.length === 0 || items.length > COLUMNS_MAX) {
    const message = `"column" must list 1 to ${COLUMNS_MAX} columns, but lists ${items.length}.`
    fields.problems.error('out-of-range', list, message, `1 to ${COLUMNS_MAX}`)
    return null
  }
  const seen = new Set<string>()
  return items.map((item) => {
    const name = item.kind === 'string' ? item.value.trim() : ''
    if (name === '' || name === '*') {
      const message = 'A column of the table is its name; "*" may only stand alone.'
      fields.problems.error('wrong-type', item, message, 'a column name')
    } else if (seen.has(name.toLowerCase())) {
      fields.problems.error('conflict', item, `The column "${name}" is listed twice.`)
    }
    seen.add(name.toLowerCase())
    return name
  })
}

/** One statement, or a list of them. */
function readStatements(fields: Fields, key: string): string[] {
  const value = fields.value(key)
  if (value === null) return []
  const items = value.kind === 'array' ? value.items : [value]
  if (items.length > STATEMENTS_MAX) {
    const message = `"${key}" lists ${items.length} statements; at most ${STATEMENTS_MAX} are allowed.`
    fields.problems.error('out-of-range', value, message)
  }
  const statements: string[] = []
  for (const item of items) {
    if (item.kind === 'string') statements.push(item.value.trim())
    else fields.problems.error('wrong-type', item, `"${key}" must be SQL text, or a list of it.`)
  }
  return statements.filter((statement) => statement !== '')
}

function readBlockBytes(fields: Fields): number | null {
  const mib = fields.integer('blockSizeInMB', BLOCK_MIB_MIN, BLOCK_MIB_MAX)
  return mib === null ? null : mib * 1024 * 1024
}

function refuseDynamicPartitions(fields: Fields): void {
  const message =
    'dynamic partitions are not supported yet; give the target with "partition", or load a staging table and insert from it by SQL'
  if (fields.boolean('supportDynamicPartition') === true) {
    fields.unsupported(['supportDynamicPartition'], message)
  }
  fields.unsupported(
    [
      'partitionColumnMapping',
      'partitionFormatType',
      'customPartitionColumns',
      'customPartitionFunctions',
    ],
    message,
  )
}
