import { tableSource } from '../download/download-routes.ts'
import { readRows } from '../download/row-source.ts'
import type { Exchange } from '../http/exchange.ts'
import { cdata, element, escapeXml, httpDate, text } from '../http/xml.ts'
import { csvHeader, csvRows } from '../instance/csv.ts'
import { ServiceError } from '../service-error.ts'
import { partitionCondition, physicalName } from '../store/catalog.ts'
import type { Catalog } from '../store/catalog.ts'
import type { Database } from '../store/database.ts'
import { noSuchPartition, parseSpec, specValues } from '../store/partition-spec.ts'
import type { ColumnDef, PartitionDef, TableDef } from '../store/table-def.ts'
import { quoteName } from '../type/duckdb-type.ts'
import { formatType } from '../type/odps-type.ts'

const PAGE_ITEMS = 1000
const HEAD_ROWS_MAX = 10_000

/** The table and partition requests of §3.2 and §3.3. */
export class TableRoutes {
  private readonly catalog: Catalog
  private readonly database: Database

  constructor(catalog: Catalog, database: Database) {
    this.catalog = catalog
    this.database = database
  }

  list(exchange: Exchange, project: string): void {
    this.catalog.projectCreatedMs(project)
    const prefix = exchange.parameters.get('name')?.toLowerCase() ?? ''
    const marker = exchange.parameters.get('marker') ?? ''
    const tables = this.catalog
      .listTables(project)
      .filter((t) => t.name.startsWith(prefix) && t.name > marker)
    const size = pageSize(exchange)
    const page = tables.slice(0, size)
    const next = tables.length > size ? (page.at(-1)?.name ?? '') : ''
    const items = page.map((t) =>
      element(
        'Table',
        text('Name', t.name) + text('Owner', 'ALIYUN$local') + text('Type', 'MANAGED_TABLE'),
      ),
    )
    exchange.xml(element('Tables', pageHead(next, size) + items.join('')))
  }

  async get(exchange: Exchange, project: string, name: string): Promise<void> {
    const table = this.catalog.table(project, name)
    const has = (parameter: string): boolean => exchange.parameters.has(parameter)
    if (has('data')) await this.head(exchange, table)
    else if (has('partitions')) await this.listPartitions(exchange, table)
    else if (has('partition')) await this.getPartition(exchange, table)
    else await this.getTable(exchange, table)
  }

  private async getTable(exchange: Exchange, table: TableDef): Promise<void> {
    const isExtended = exchange.parameters.has('extended')
    const count = isExtended ? await this.countRows(table, null) : -1
    const schema = cdata(JSON.stringify(tableSchema(table, isExtended, count)))
    const parts = [
      text('Name', table.name),
      text('TableId', table.id),
      text('Project', table.project),
      text('SchemaName', ''),
      text('Type', 'MANAGED_TABLE'),
      text('Comment', table.comment),
      `<Schema format="Json">${schema}</Schema>`,
      text('CreationTime', httpDate(table.createdMs)),
      text('LastModifiedTime', httpDate(table.lastModifiedMs)),
      text('Owner', 'ALIYUN$local'),
    ]
    const modified = httpDate(table.lastModifiedMs)
    exchange.xml(element('Table', parts.join('')), { 'last-modified': modified })
  }

  private async listPartitions(exchange: Exchange, table: TableDef): Promise<void> {
    if (table.partitionKeys.length === 0) {
      throw new ServiceError(
        'InvalidPartitionSpec',
        `table ${table.project}.${table.name} is not partitioned`,
      )
    }
    const spec = exchange.parameters.get('partition') ?? ''
    const wanted = spec === '' ? new Map<string, string>() : parseSpec(spec)
    const matches = this.catalog
      .listPartitions(table)
      .filter((p) =>
        table.partitionKeys.every((k, i) => (wanted.get(k.name) ?? p.values[i]) === p.values[i]),
      )
    if (exchange.parameters.has('reverse')) matches.reverse()
    const marker = exchange.parameters.get('marker') ?? ''
    const from = marker === '' ? 0 : matches.findIndex((p) => p.values.join('/') === marker) + 1
    const size = pageSize(exchange)
    const page = matches.slice(from, from + size)
    const isLast = from + size >= matches.length
    const next = isLast ? '' : (page.at(-1)?.values.join('/') ?? '')
    const counts =
      page.length === 0 ? new Map<string, number>() : await this.countByPartition(table)
    const items = page.map((p) => {
      const count = counts.get(JSON.stringify(p.values)) ?? 0
      return element('Partition', partitionElement(table, p, count))
    })
    exchange.xml(element('Partitions', pageHead(next, size) + items.join('')))
  }

  private async getPartition(exchange: Exchange, table: TableDef): Promise<void> {
    const values = specValues(table, parseSpec(exchange.parameter('partition')))
    const partition = this.catalog.findPartition(table, values)
    if (partition === null) throw noSuchPartition(table, values)
    const schema = {
      createTime: seconds(partition.createdMs),
      lastDDLTime: seconds(partition.createdMs),
      lastModifiedTime: seconds(partition.lastModifiedMs),
      partitionSize: 0,
      partitionRecordNum: await this.countRows(table, values),
      IsArchived: false,
      IsExstore: false,
      LifeCycle: table.lifecycle,
      PhysicalSize: 0,
      FileNum: 1,
      Reserved: '{}',
    }
    exchange.xml(element('Partition', element('Schema', cdata(JSON.stringify(schema)))))
  }

  /** `?data&linenum=N`: the first rows as CSV. */
  private async head(exchange: Exchange, table: TableDef): Promise<void> {
    const wanted = Number(exchange.parameters.get('linenum') ?? HEAD_ROWS_MAX)
    const spec = exchange.parameters.get('partition') ?? ''
    const values = spec === '' ? null : specValues(table, parseSpec(spec))
    if (values !== null && this.catalog.findPartition(table, values) === null) {
      throw noSuchPartition(table, values)
    }
    const all = [...table.columns, ...table.partitionKeys]
    const names = (exchange.parameters.get('cols') ?? '').split(',').filter((n) => n !== '')
    const columns = names.length === 0 ? all : names.map((n) => findColumn(all, n))
    const source = { ...tableSource(table, values), columns }
    const count = Math.min(Number.isInteger(wanted) && wanted >= 0 ? wanted : 0, HEAD_ROWS_MAX)
    let csv = csvHeader(columns)
    const indexes = columns.map((_, i) => i)
    for await (const rows of readRows(this.database, source, indexes, 0, count)) {
      csv += csvRows(columns, rows)
    }
    exchange.text(csv)
  }

  /** Rows of each partition that has any, by its values as JSON. */
  private async countByPartition(table: TableDef): Promise<Map<string, number>> {
    const keys = table.partitionKeys.map((k) => `CAST(${quoteName(k.name)} AS VARCHAR)`).join(', ')
    const connection = await this.database.connect()
    try {
      const sql = `SELECT count(*), ${keys} FROM ${physicalName(table)} GROUP BY ${keys}`
      const reader = await connection.runAndReadAll(sql)
      return new Map(
        reader.getRows().map(([count, ...values]) => [JSON.stringify(values), Number(count)]),
      )
    } finally {
      connection.closeSync()
    }
  }

  private async countRows(table: TableDef, values: readonly string[] | null): Promise<number> {
    const where = values === null ? '' : ` WHERE ${partitionCondition(table, values)}`
    const connection = await this.database.connect()
    try {
      const sql = `SELECT count(*) FROM ${physicalName(table)}${where}`
      const reader = await connection.runAndReadAll(sql)
      return Number(reader.getRows()[0]?.[0] ?? 0)
    } finally {
      connection.closeSync()
    }
  }
}

function findColumn(columns: readonly ColumnDef[], name: string): ColumnDef {
  const column = columns.find((c) => c.name === name.trim().toLowerCase())
  if (column !== undefined) return column
  throw new ServiceError('InvalidColumnSpec', `there is no column '${name}'`)
}

function tableSchema(table: TableDef, isExtended: boolean, recordCount: number): unknown {
  const columnJson = (c: ColumnDef): unknown => ({
    name: c.name,
    type: formatType(c.type),
    comment: c.comment,
    label: '',
    isNullable: c.isNullable,
  })
  const reserved = {
    schema_version: '1',
    Transactional: table.properties['transactional'] ?? 'false',
    PrimaryKey: [],
  }
  return {
    tableName: table.name,
    comment: table.comment,
    owner: 'ALIYUN$local',
    createTime: seconds(table.createdMs),
    lastDDLTime: seconds(table.lastDdlMs),
    lastModifiedTime: seconds(table.lastModifiedMs),
    lastAccessTime: seconds(table.lastModifiedMs),
    isVirtualView: false,
    lifecycle: table.lifecycle,
    shardExist: false,
    size: 0,
    recordNum: recordCount,
    tableLabel: '',
    columns: table.columns.map(columnJson),
    partitionKeys: table.partitionKeys.map(columnJson),
    ...(isExtended
      ? { IsArchived: false, PhysicalSize: 0, FileNum: 1, Reserved: JSON.stringify(reserved) }
      : {}),
  }
}

function partitionElement(table: TableDef, partition: PartitionDef, recordCount: number): string {
  const columns = table.partitionKeys.map(
    (key, i) =>
      `<Column Name="${escapeXml(key.name)}" Value="${escapeXml(partition.values[i] ?? '')}"/>`,
  )
  const modified = String(seconds(partition.lastModifiedMs))
  const created = String(seconds(partition.createdMs))
  return (
    columns.join('') +
    text('CreationTime', created) +
    text('LastDDLTime', created) +
    text('LastModifiedTime', modified) +
    text('PartitionSize', '0') +
    text('PartitionRecordCount', String(recordCount))
  )
}

function pageHead(marker: string, size: number): string {
  return text('Marker', marker) + text('MaxItems', String(size))
}

function pageSize(exchange: Exchange): number {
  const wanted = Number(exchange.parameters.get('maxitems') ?? PAGE_ITEMS)
  return Number.isInteger(wanted) && wanted > 0 ? Math.min(wanted, PAGE_ITEMS) : PAGE_ITEMS
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
