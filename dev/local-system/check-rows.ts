import { runSql, type SqlTarget } from './sql.ts'
import type { OffsetRange } from './topic.ts'

export interface RowCheck {
  readonly table: string
  /** Columns that the job fills from `__partition__` and `__offset__`. */
  readonly partitionColumn: string
  readonly offsetColumn: string
  /** Such as `ds='20250101'`. */
  readonly where?: string
  /** What must be there, once each: from Kafka, not from Sluice (`topicRanges`). */
  readonly ranges: ReadonlyMap<number, OffsetRange>
}

export interface RowCounts {
  /** All rows of the table, or of the part that `where` names. */
  readonly rows: number
  /** Offsets of the ranges that no row has. */
  readonly missing: number
  /** Rows beyond the first with the same topic partition and offset. */
  readonly duplicated: number
  /** Rows whose topic partition and offset lie in none of the ranges. */
  readonly unexpected: number
  readonly byPartition: ReadonlyMap<number, PartitionCounts>
}

export interface PartitionCounts {
  readonly expected: number
  readonly rows: number
  readonly distinct: number
}

/**
 * Counts in the table itself, by SQL, whether every (topic partition, offset) of the ranges is there
 * exactly once: n different offsets within a range of n offsets are all of them.
 */
export async function checkRows(target: SqlTarget, check: RowCheck): Promise<RowCounts> {
  const counted = await countByPartition(target, check)
  const byPartition = new Map<number, PartitionCounts>()
  let [rows, missing, duplicated, unexpected] = [0, 0, 0, 0]
  for (const [topicPartition, { begin, end }] of check.ranges) {
    const found = counted.get(topicPartition)
    const inside = found?.rowsInside ?? 0
    const distinct = found?.distinctInside ?? 0
    byPartition.set(topicPartition, { expected: end - begin, rows: found?.rows ?? 0, distinct })
    missing += end - begin - distinct
    duplicated += inside - distinct
  }
  for (const found of counted.values()) {
    rows += found.rows
    unexpected += found.rows - found.rowsInside
  }
  return { rows, missing, duplicated, unexpected, byPartition }
}

interface Counted {
  readonly rows: number
  readonly rowsInside: number
  readonly distinctInside: number
}

async function countByPartition(
  target: SqlTarget,
  check: RowCheck,
): Promise<ReadonlyMap<number, Counted>> {
  const { table, partitionColumn: p, offsetColumn: o } = check
  const inside = [...check.ranges]
    .map(([number, { begin, end }]) => `(${p} = ${number} AND ${o} >= ${begin} AND ${o} < ${end})`)
    .join(' OR ')
  const offset = `CASE WHEN ${inside === '' ? '1 = 0' : inside} THEN ${o} END`
  const sql =
    `SELECT ${p}, COUNT(*) AS n, COUNT(${offset}) AS inside, COUNT(DISTINCT ${offset}) AS different ` +
    `FROM ${table}${check.where === undefined ? '' : ` WHERE ${check.where}`} GROUP BY ${p};`
  const { rows } = await runSql(target, sql)
  return new Map(
    rows.map(([number, n, rowsInside, different]) => [
      number === null ? -1 : Number(number),
      { rows: Number(n), rowsInside: Number(rowsInside), distinctInside: Number(different) },
    ]),
  )
}
