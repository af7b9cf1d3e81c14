import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Database } from '../database.ts'
import { pageDirtyRecords } from '../dirty-records/page-dirty-records.ts'
import { replaceDirtyRecords } from '../dirty-records/replace-dirty-records.ts'
import type { NewDirtyRecord } from '../dirty-records/replace-dirty-records.ts'
import { hasSecrets } from '../has-secrets.ts'
import { deleteOldLogLines } from '../log-lines/delete-old-log-lines.ts'
import { insertLogLines } from '../log-lines/insert-log-lines.ts'
import type { NewLogLine } from '../log-lines/insert-log-lines.ts'
import { pageAgentLog } from '../log-lines/page-agent-log.ts'
import { pageRunLog } from '../log-lines/page-run-log.ts'
import { addAgent, addGroup, addJob, addRun } from './rows.ts'

/** Before every other test's time, and after the lines that a test calls old. */
const RETAINED_FROM_MS = 500

export function recordsSuite(db: () => Database): void {
  test('log lines are paged in their order, by run and by agent', async () => {
    const group = await addGroup(db())
    const agent = await addAgent(db(), group.id)
    const runId = await addRun(db(), (await addJob(db())).id, group.id)
    const line = (message: string, over: Partial<NewLogLine>): NewLogLine => ({
      runId,
      agentId: agent.id,
      workId: 'w',
      attempt: 1,
      atMs: 1_000,
      level: 'info',
      message,
      fields: null,
      ...over,
    })
    await insertLogLines(db(), [
      line('a "quoted", {braced} \\ line\nof two', { fields: { at: [1], nul: '\0' } }),
      line('of the control plane', { agentId: null }),
      line('of the agent \0', { runId: null }),
      line('late', {}),
    ])
    await insertLogLines(db(), [])
    const all = await pageRunLog(db(), { runId, afterId: 0, limit: 10 })
    const { id, ...first } = all[0]!
    assert.deepEqual(first, {
      ...line('a "quoted", {braced} \\ line\nof two', { fields: { at: [1], nul: '\uFFFD' } }),
      agentName: agent.name,
    })
    assert.deepEqual(all.map((row) => row.message).slice(1), ['of the control plane', 'late'])
    const page = await pageRunLog(db(), { runId, afterId: id, limit: 1 })
    assert.deepEqual(page, [all[1]])
    const ofAgent = await pageAgentLog(db(), { agentId: agent.id, afterId: id, limit: 10 })
    assert.deepEqual(
      ofAgent.map((row) => row.message),
      ['of the agent \uFFFD', 'late'],
    )
  })

  test('many thousand log lines go in one statement, and old ones are deleted', async () => {
    const runId = await addRun(db(), (await addJob(db())).id, (await addGroup(db())).id)
    const line = { runId, agentId: null, workId: '', attempt: 0, level: 'info', fields: null }
    const lines = Array.from({ length: 12_000 }, (_, index) => ({
      ...line,
      atMs: index < 11_000 ? RETAINED_FROM_MS - 1 : RETAINED_FROM_MS,
      message: String(index),
    }))
    await insertLogLines(db(), lines)
    assert.equal(await deleteOldLogLines(db(), RETAINED_FROM_MS), 10_000)
    assert.equal(await deleteOldLogLines(db(), RETAINED_FROM_MS), 1_000)
    const kept = await pageRunLog(db(), { runId, afterId: 0, limit: 2_000 })
    assert.deepEqual(
      kept.map((row) => row.message),
      lines.slice(11_000).map((each) => each.message),
    )
  })

  test('the dirty records of a slice are those of its newest attempt', async () => {
    const runId = await addRun(db(), (await addJob(db())).id, (await addGroup(db())).id)
    const record = (offset: number): NewDirtyRecord => ({
      topic: 't',
      topicPartition: 3,
      offset,
      columnName: 'c',
      reason: 'not a number: \0',
      rawValue: Uint8Array.of(0, 34, 92, 255),
      rawCut: offset % 2 === 1,
    })
    await replaceDirtyRecords(db(), runId, 0, [record(1), record(2)])
    await replaceDirtyRecords(db(), runId, 5, [record(7)])
    await replaceDirtyRecords(db(), runId, 0, [record(2 ** 40), record(4), record(5)])
    const all = await pageDirtyRecords(db(), { runId, after: null, limit: 10 })
    assert.equal(all.length, 4)
    assert.deepEqual(
      all.map((row) => [row.sliceNo, row.seq, row.offset]),
      [
        [0, 0, 2 ** 40],
        [0, 1, 4],
        [0, 2, 5],
        [5, 0, 7],
      ],
    )
    assert.deepEqual(all[2], { ...record(5), reason: 'not a number: \uFFFD', sliceNo: 0, seq: 2 })
    const rest = await pageDirtyRecords(db(), { runId, after: all[1]!, limit: 1 })
    assert.deepEqual(rest, [all[2]])
    await replaceDirtyRecords(db(), runId, 0, [])
    const left = await pageDirtyRecords(db(), { runId, after: null, limit: 10 })
    assert.equal(left.length, 1)
  })

  test('a store with a data source or a job has secrets', async () => {
    await addJob(db())
    assert.equal(await hasSecrets(db()), true)
  })
}
