/** Tables and their partitions. */

import { MaxComputeError } from './errors.ts'
import { type PartitionSpec, partitionSpec, restForm } from './partition-spec.ts'
import { asBoolean, type Json, parseJsonObject, parseSchema, type TableSchema } from './schema.ts'
import type { Service, ServiceAnswer } from './service.ts'
import { parseXml, type XmlElement } from './xml.ts'

/** What one page of a listing asks for. */
const PAGE_ITEMS = 1_000

export type TableType =
  | 'MANAGED_TABLE'
  | 'VIRTUAL_VIEW'
  | 'EXTERNAL_TABLE'
  | 'MATERIALIZED_VIEW'
  | 'OBJECT_TABLE'
  | 'UNKNOWN'

const TABLE_TYPES: ReadonlySet<string> = new Set<TableType>([
  'MANAGED_TABLE',
  'VIRTUAL_VIEW',
  'EXTERNAL_TABLE',
  'MATERIALIZED_VIEW',
  'OBJECT_TABLE',
])

export interface TableInfo extends TableSchema {
  readonly name: string
  readonly owner: string
  readonly comment: string
  readonly type: TableType
  /** Such a table refuses overwriting sessions. */
  readonly transactional: boolean
  /** Not empty: a delta table, which refuses batch sessions. */
  readonly primaryKey: readonly string[]
  /** `hash`, `range`, or empty. */
  readonly clusterType: string
  /** Days; -1: for ever. */
  readonly lifecycleDays: number
  readonly sizeBytes: number
  /** -1: not known. */
  readonly recordCount: number
  readonly createdAt: Date | null
  readonly lastModifiedAt: Date | null
}

/** A table with its schema. Throws NoSuchTable. */
export async function getTable(
  service: Service,
  table: string,
  signal?: AbortSignal,
): Promise<TableInfo> {
  const answer = await service.call({
    endpoint: 'rest',
    method: 'GET',
    path: service.tablePath(table),
    query: { extended: '' },
    signal,
  })
  const root = parseXml(answer.body.toString('utf8'), 'Table', answer.where)
  const json = parseJsonObject(root.child('Schema').text, answer.where)
  const reserved = readReserved(json, answer)
  return {
    ...parseSchema(json, answer.where),
    name: root.textOf('Name') || table,
    owner: root.textOf('Owner'),
    comment: textOf(json['comment']),
    type: tableTypeOf(root, json),
    transactional: asBoolean(reserved['Transactional']),
    primaryKey: listOf(reserved['PrimaryKey']),
    clusterType: textOf(reserved['ClusterType']),
    lifecycleDays: numberOf(json['lifecycle'], -1),
    sizeBytes: numberOf(json['size'], 0),
    recordCount: numberOf(json['recordNum'], -1),
    createdAt: dateOf(json['createTime']),
    lastModifiedAt: dateOf(json['lastModifiedTime']),
  }
}

/** `Reserved` is JSON in a string. */
function readReserved(json: Json, answer: ServiceAnswer): Json {
  const reserved = json['Reserved']
  if (typeof reserved !== 'string' || reserved === '') return {}
  return parseJsonObject(reserved, answer.where)
}

function tableTypeOf(root: XmlElement, json: Json): TableType {
  const told = root.textOf('Type').toUpperCase()
  if (TABLE_TYPES.has(told)) return told as TableType
  return asBoolean(json['isVirtualView']) ? 'VIRTUAL_VIEW' : 'UNKNOWN'
}

export interface TableName {
  readonly name: string
  readonly owner: string
}

/** Tables page by page, by the start of their names. */
export async function* listTables(
  service: Service,
  options: { readonly prefix?: string; readonly signal?: AbortSignal } = {},
): AsyncGenerator<TableName, void, undefined> {
  const path = service.tablePath('').slice(0, -1)
  const query = options.prefix === undefined ? {} : { name: options.prefix }
  for await (const page of pages(service, path, query, 'Tables', options.signal)) {
    for (const table of page.children('Table')) {
      yield { name: table.textOf('Name'), owner: table.textOf('Owner') }
    }
  }
}

export interface PartitionInfo {
  readonly spec: PartitionSpec
  readonly createdAt: Date | null
  readonly lastModifiedAt: Date | null
  readonly sizeBytes: number
  /** -1: not known. */
  readonly recordCount: number
}

/** Partitions page by page; `prefix` fixes the first partition columns. */
export async function* listPartitions(
  service: Service,
  table: string,
  options: { readonly prefix?: PartitionSpec; readonly signal?: AbortSignal } = {},
): AsyncGenerator<PartitionInfo, void, undefined> {
  const query = {
    partitions: '',
    ...(options.prefix === undefined ? {} : { partition: restForm(options.prefix) }),
  }
  const path = service.tablePath(table)
  for await (const page of pages(service, path, query, 'Partitions', options.signal)) {
    for (const partition of page.children('Partition')) yield partitionOf(partition)
  }
}

function partitionOf(partition: XmlElement): PartitionInfo {
  const parts = partition
    .children('Column')
    .map((column) => ({ name: column.attribute('Name'), value: column.attribute('Value') }))
  return {
    // As the service wrote it: a value that our own form cannot carry is shown, not refused.
    spec: { parts },
    createdAt: dateOf(partition.textOf('CreationTime')),
    lastModifiedAt: dateOf(partition.textOf('LastModifiedTime')),
    sizeBytes: numberOf(partition.textOf('PartitionSize'), 0),
    recordCount: numberOf(partition.textOf('PartitionRecordCount'), -1),
  }
}

/** One partition; null when it does not exist. */
export async function getPartition(
  service: Service,
  table: string,
  spec: PartitionSpec,
  signal?: AbortSignal,
): Promise<PartitionInfo | null> {
  try {
    const answer = await service.call({
      endpoint: 'rest',
      method: 'GET',
      path: service.tablePath(table),
      query: { partition: restForm(partitionSpec(spec.parts)) },
      signal,
    })
    const root = parseXml(answer.body.toString('utf8'), 'Partition', answer.where)
    const json = parseJsonObject(root.child('Schema').text, answer.where)
    return {
      spec,
      createdAt: dateOf(json['createTime']),
      lastModifiedAt: dateOf(json['lastModifiedTime']),
      sizeBytes: numberOf(json['partitionSize'], 0),
      recordCount: numberOf(json['partitionRecordNum'], -1),
    }
  } catch (error) {
    if (isNoSuchPartition(error)) return null
    throw error
  }
}

/** NoSuchObject is the general code of the REST API; a missing table has a number in its message and becomes NoSuchTable. */
function isNoSuchPartition(error: unknown): boolean {
  return (
    error instanceof MaxComputeError &&
    (error.code === 'NoSuchPartition' || error.code === 'NoSuchObject')
  )
}

/** A listing follows its marker until that is empty. A marker that stands still would be a loop without end. */
async function* pages(
  service: Service,
  path: readonly string[],
  query: Readonly<Record<string, string>>,
  rootName: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<XmlElement, void, undefined> {
  let marker = ''
  for (;;) {
    const answer = await service.call({
      endpoint: 'rest',
      method: 'GET',
      path,
      query: {
        ...query,
        expectmarker: 'true',
        maxitems: String(PAGE_ITEMS),
        ...(marker === '' ? {} : { marker }),
      },
      signal,
    })
    const page = parseXml(answer.body.toString('utf8'), rootName, answer.where)
    yield page
    const next = page.textOf('Marker')
    if (next === '') return
    if (next === marker) {
      throw new MaxComputeError(
        'UnexpectedResponse',
        `${answer.where}: the listing does not move on`,
        {
          httpStatus: answer.status,
        },
      )
    }
    marker = next
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function numberOf(value: unknown, otherwise: number): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : otherwise
}

/** Epoch seconds, or RFC 1123 text. */
function dateOf(value: unknown): Date | null {
  const seconds = numberOf(value, 0)
  if (seconds > 0) return new Date(seconds * 1000)
  const date = typeof value === 'string' && value !== '' ? new Date(value) : null
  return date === null || Number.isNaN(date.getTime()) ? null : date
}
