/** What arrived: a look at the rows, and the count of every (topic partition, offset). */
import { formatCount } from '../../cli/format.ts'
import { renderTable } from '../../cli/table.ts'
import type { RowCounts } from '../local-system/check-rows.ts'
import { runSql, type SqlTarget } from '../local-system/sql.ts'
import { TABLE } from './orders-job.ts'

const SHOWN = 'order_id, buyer, city, amount, paid, created_at, kafka_partition, kafka_offset, ds'

/** The statement, and what it answers. */
export async function someRows(target: SqlTarget, where: string): Promise<readonly string[]> {
  const sql = `SELECT ${SHOWN} FROM ${TABLE} WHERE ${where} LIMIT 10;`
  const { columns, rows } = await runSql(target, sql)
  const table = renderTable(
    columns.map((title, i) => ({ title, value: (row: (typeof rows)[number]) => row[i] ?? 'NULL' })),
    rows,
    { headers: true },
  )
  return [sql, '', ...table]
}

export function countLines(counts: RowCounts): readonly string[] {
  const lines = [...counts.byPartition].map(([topicPartition, one]) => ({
    topicPartition,
    ...one,
  }))
  return renderTable(
    [
      { title: 'topic partition', align: 'right', value: (one) => String(one.topicPartition) },
      { title: 'offsets in Kafka', align: 'right', value: (one) => formatCount(one.expected) },
      { title: 'rows in the table', align: 'right', value: (one) => formatCount(one.rows) },
      { title: 'different offsets', align: 'right', value: (one) => formatCount(one.distinct) },
    ],
    lines,
    { headers: true },
  )
}

export function verdict(counts: RowCounts): string {
  if (isExact(counts)) {
    return `All ${formatCount(counts.rows)} records are in the table exactly once: none missing, none duplicated.`
  }
  const { missing, duplicated, unexpected } = counts
  const foreign = unexpected === 0 ? '' : `, ${formatCount(unexpected)} that Kafka does not have`
  return `NOT exactly once: ${formatCount(missing)} missing, ${formatCount(duplicated)} duplicated${foreign}.`
}

export function isExact({ missing, duplicated, unexpected }: RowCounts): boolean {
  return missing === 0 && duplicated === 0 && unexpected === 0
}
