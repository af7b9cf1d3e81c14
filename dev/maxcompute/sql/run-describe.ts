import { physicalName } from '../store/catalog.ts'
import { partitionText } from '../store/table-def.ts'
import type { ColumnDef, TableDef } from '../store/table-def.ts'
import { formatType } from '../type/odps-type.ts'
import { resolveTable } from './context.ts'
import type { SqlContext } from './context.ts'
import { existingPartition } from './run-ddl.ts'
import type { PartitionClause, TableName } from './statement.ts'

const WIDTH = 84
const RULE = `+${'-'.repeat(WIDTH)}+`

/** DESC t [PARTITION (…)], in the service's table form. */
export async function describeTable(
  context: SqlContext,
  name: TableName,
  clause: PartitionClause | null,
): Promise<string> {
  const table = resolveTable(context, name)
  if (clause !== null) {
    const values = existingPartition(context, table, clause, name)
    const partition = context.catalog.findPartition(table, values)
    const lines = [
      `Partition: ${partitionText(table, values)}`,
      `CreateTime: ${dateTime(partition?.createdMs ?? 0)}`,
      `LastModifiedTime: ${dateTime(partition?.lastModifiedMs ?? 0)}`,
    ]
    return [RULE, ...lines.map(row), RULE, ''].join('\n')
  }
  const head = [
    `Owner: ALIYUN$local | Project: ${table.project}`,
    `TableComment: ${table.comment}`,
    RULE,
    `CreateTime: ${dateTime(table.createdMs)}`,
    `LastDDLTime: ${dateTime(table.lastDdlMs)}`,
    `LastModifiedTime: ${dateTime(table.lastModifiedMs)}`,
    ...(table.lifecycle < 0 ? [] : [`Lifecycle: ${table.lifecycle}`]),
    RULE,
    'InternalTable: YES | Size: 0',
  ]
  const lines = [
    RULE,
    ...head,
    RULE,
    'Native Columns:',
    RULE,
    columnRow('Field', 'Type', 'Comment'),
  ]
  lines.push(RULE, ...table.columns.map(describeColumn))
  if (table.partitionKeys.length > 0) {
    lines.push(RULE, 'Partition Columns:', RULE, ...table.partitionKeys.map(describeColumn))
  }
  lines.push(RULE, '')
  return lines.map((l) => (l === RULE || l === '' ? l : row(l))).join('\n')
}

export function showTables(context: SqlContext, project: string, prefix: string): string {
  context.catalog.projectCreatedMs(project)
  const tables = context.catalog.listTables(project).filter((t) => t.name.startsWith(prefix))
  return tables.map((t) => `ALIYUN$local:${t.name}\n`).join('')
}

export function showPartitions(context: SqlContext, table: TableDef): string {
  const partitions = context.catalog.listPartitions(table)
  return partitions.map((p) => `${partitionText(table, p.values)}\n`).join('')
}

export function showCreate(table: TableDef): string {
  const columns = table.columns.map((c) => `  ${ddlColumn(c)}`).join(',\n')
  const parts = [
    `CREATE TABLE IF NOT EXISTS ${physicalName(table).replaceAll('"', '`')} (\n${columns}\n)`,
  ]
  if (table.comment !== '') parts.push(`COMMENT ${ddlText(table.comment)}`)
  if (table.partitionKeys.length > 0) {
    parts.push(`PARTITIONED BY (${table.partitionKeys.map(ddlColumn).join(', ')})`)
  }
  const properties = Object.entries(table.properties)
  if (properties.length > 0) {
    const list = properties.map(([k, v]) => `${ddlText(k)}=${ddlText(v)}`).join(', ')
    parts.push(`TBLPROPERTIES (${list})`)
  }
  if (table.lifecycle >= 0) parts.push(`LIFECYCLE ${table.lifecycle}`)
  return `${parts.join('\n')};\n`
}

function ddlColumn(column: ColumnDef): string {
  const notNull = column.isNullable ? '' : ' NOT NULL'
  const comment = column.comment === '' ? '' : ` COMMENT ${ddlText(column.comment)}`
  return `\`${column.name}\` ${formatType(column.type).toUpperCase()}${notNull}${comment}`
}

function ddlText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

function describeColumn(column: ColumnDef): string {
  return columnRow(column.name, formatType(column.type), column.comment)
}

function columnRow(name: string, type: string, comment: string): string {
  return `${name.padEnd(24)} | ${type.padEnd(24)} | ${comment}`
}

function row(text: string): string {
  return `| ${text.padEnd(WIDTH - 2)} |`
}

function dateTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}
