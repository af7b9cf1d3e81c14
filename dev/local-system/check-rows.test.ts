import assert from 'node:assert/strict'
import { it } from 'node:test'

import type { ApiClient } from '../../cli/client.ts'
import { checkRows } from './check-rows.ts'

/** Answers each statement with the rows: [topic partition, rows, inside, different]. */
function target(rows: readonly (readonly (number | null)[])[]) {
  const statements: string[] = []
  const query = (input: { sql: string }): Promise<unknown> => {
    statements.push(input.sql)
    return Promise.resolve({ state: 'succeeded', result: { columns: [], rows }, error: null })
  }
  const client = { query } as unknown as ApiClient
  return { statements, client, group: 'g', datasource: 'd' }
}

const CHECK = { table: 't', partitionColumn: 'p', offsetColumn: 'o', where: "ds='1'" }
const RANGES = new Map([
  [0, { begin: 0, end: 10 }],
  [1, { begin: 5, end: 8 }],
])

it('all offsets once: nothing missing, nothing duplicated', async () => {
  const sql = target([
    [0, 10, 10, 10],
    [1, 3, 3, 3],
  ])
  const { byPartition, ...counts } = await checkRows(sql, { ...CHECK, ranges: RANGES })
  assert.deepEqual(counts, { rows: 13, missing: 0, duplicated: 0, unexpected: 0 })
  assert.deepEqual(byPartition.get(1), { expected: 3, rows: 3, distinct: 3 })
  assert.match(sql.statements[0]!, /FROM t WHERE ds='1' GROUP BY p;/)
  assert.match(sql.statements[0]!, /\(p = 1 AND o >= 5 AND o < 8\)/)
})

it('one lost and one twice are both found, though the number of rows is right', async () => {
  const sql = target([
    [0, 10, 10, 9],
    [1, 3, 3, 3],
  ])
  const { rows, missing, duplicated } = await checkRows(sql, { ...CHECK, ranges: RANGES })
  assert.deepEqual({ rows, missing, duplicated }, { rows: 13, missing: 1, duplicated: 1 })
})

it('a topic partition without rows, rows beyond the range, and rows of no topic partition are found', async () => {
  const sql = target([
    [0, 12, 10, 10],
    [null, 4, 0, 0],
  ])
  const { rows, missing, unexpected } = await checkRows(sql, { ...CHECK, ranges: RANGES })
  assert.deepEqual({ rows, missing, unexpected }, { rows: 16, missing: 3, unexpected: 6 })
})
