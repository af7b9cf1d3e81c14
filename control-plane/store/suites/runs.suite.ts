import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import { listAgentWeights } from '../agents/list-agent-weights.ts'
import { listAgentsOfGroup } from '../agents/list-agents-of-group.ts'
import { findOverlap } from '../committed-ranges/find-overlap.ts'
import { forgetTarget } from '../committed-ranges/forget-target.ts'
import { insertCommittedRanges } from '../committed-ranges/insert-committed-ranges.ts'
import { StoreError } from '../database.ts'
import type { Database } from '../database.ts'
import { advanceLedger } from '../ledger/advance-ledger.ts'
import { readLedger } from '../ledger/read-ledger.ts'
import { listGroupPolicies } from '../resource-groups/list-group-policies.ts'
import { endUnreadableRun } from '../runs/end-unreadable-run.ts'
import { findRun } from '../runs/find-run.ts'
import { listRuns } from '../runs/list-runs.ts'
import type { RunFilter } from '../runs/list-runs.ts'
import { loadActiveRuns } from '../runs/load-active-runs.ts'
import { saveRun } from '../runs/save-run.ts'
import { insertSlices } from '../slices/insert-slices.ts'
import { listSlices } from '../slices/list-slices.ts'
import { loadSlices } from '../slices/load-slices.ts'
import { resetSlices } from '../slices/reset-slices.ts'
import { saveSlices, type SliceChange } from '../slices/save-slices.ts'
import { addAgent, addGroup, addJob, addRun, endRun, runChange } from './rows.ts'

function stagedSlice(runId: number, sliceNo: number, agentId: string): SliceChange {
  return {
    runId,
    sliceNo,
    state: 'staged',
    attempt: 2,
    retries: 1,
    lostInARow: 0,
    retryAtMs: 3,
    agentId,
    rows: 4,
    bytesRead: 5,
    bytesSent: 6,
    dirtyRecords: 7,
    error: { code: 'E' },
    atMs: 8,
  }
}

export function runsSuite(db: () => Database): void {
  async function addJobWithRun() {
    const [job, group] = [await addJob(db()), await addGroup(db())]
    return { job, group, runId: await addRun(db(), job.id, group.id) }
  }
  const list = async (over: Partial<RunFilter>) => {
    const all = { jobName: null, groupName: null, states: [], beforeId: null, limit: 100 }
    return (await listRuns(db(), { ...all, ...over })).map((row) => row.id)
  }

  test('I8: of many runs of one job at once exactly one is started, and the next after its end', async () => {
    const [job, group] = [await addJob(db()), await addGroup(db())]
    const started = await Promise.allSettled(
      Array.from({ length: 8 }, () => addRun(db(), job.id, group.id)),
    )
    const ids = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    assert.equal(ids.length, 1)
    for (const each of started) {
      if (each.status === 'fulfilled') continue
      assert((each.reason as unknown) instanceof StoreError)
      assert.equal((each.reason as StoreError).constraint, 'runs_one_unfinished_per_job')
    }
    await saveRun(db(), runChange(ids[0]!, { state: 'held' }))
    await assert.rejects(addRun(db(), job.id, group.id))
    await endRun(db(), ids[0]!)
    assert((await addRun(db(), job.id, group.id)) > ids[0]!)
  })

  test('a run comes back as it was saved', async () => {
    const { job, group, runId } = await addJobWithRun()
    const stepAgentId = randomUUID()
    const { id, ...change } = runChange(runId, {
      state: 'running',
      phase: 'staging',
      step: 'open',
      stepAttempt: 3,
      stepAgentId,
      stepAccepted: true,
      stepRetries: 2,
      stepRetryAtMs: 9,
      committingSinceMs: 8,
      sessionsOpened: 1,
      uploadId: 'u-1',
      plan: { ranges: [{ topicPartition: 0 }] },
      session: { columns: [] },
      rows: 10,
      bytesRead: 2 ** 40,
      dirtyRecords: 1,
      error: { code: 'X', message: 'nul \0' },
      evidence: ['e'],
      startedAtMs: 4,
      finishedAtMs: 5,
    })
    await saveRun(db(), { id, ...change })
    assert.deepEqual(await findRun(db(), runId), {
      ...change,
      id: runId,
      jobId: job.id,
      jobName: job.name,
      jobVersion: 1,
      groupId: group.id,
      groupName: group.name,
      priority: 3,
      owner: 'ops',
      params: { ds: '$[yyyymmdd]' },
      cycTimeMs: 500,
      sources: { reader: { brokers: ['k:9092'] } },
      error: { code: 'X', message: 'nul \uFFFD' },
      createdAtMs: 2_000,
    })
    const [active] = await loadActiveRuns(db(), runId)
    assert.deepEqual([active?.stepAttempt, active?.priority, active?.owner], [3, 3, 'ops'])
    assert.equal(await findRun(db(), -1), null)
  })

  test('runs are listed newest first, by job, group, state and page', async () => {
    const { job, group, runId: first } = await addJobWithRun()
    await endRun(db(), first)
    const second = await addRun(db(), job.id, group.id)
    await saveRun(db(), runChange(second, { state: 'failed' }))
    const third = await addRun(db(), job.id, group.id)
    const jobName = job.name
    assert.deepEqual(await list({ jobName }), [third, second, first])
    assert.deepEqual(await list({ groupName: group.name, limit: 2 }), [third, second])
    assert.deepEqual(await list({ jobName, beforeId: second }), [first])
    assert.deepEqual(await list({ jobName, states: ['failed', 'waiting'] }), [third, second])
    assert.deepEqual(await list({ jobName, groupName: 'nowhere' }), [])
    assert.deepEqual((await list({ limit: 1 })).length, 1)
  })

  test('slices are listed by number with the names of their agents, and reset', async () => {
    const { group, runId } = await addJobWithRun()
    const agent = await addAgent(db(), group.id)
    const ranges = [{ topicPartition: 1, startOffset: 0, endOffset: 2 ** 40, leaderEpoch: -1 }]
    await insertSlices(db(), runId, [
      { sliceNo: 1, ranges, estimatedBytes: 2 ** 36 },
      { sliceNo: 0, ranges: [], estimatedBytes: 0 },
    ])
    await saveSlices(db(), [stagedSlice(runId, 1, agent.id)])
    assert.deepEqual(
      (await listSlices(db(), runId, null)).map((row) => [row.sliceNo, row.state]),
      [
        [0, 'pending'],
        [1, 'staged'],
      ],
    )
    assert.deepEqual(await listSlices(db(), runId, 'staged'), [
      {
        runId,
        sliceNo: 1,
        ranges,
        estimatedBytes: 2 ** 36,
        state: 'staged',
        attempt: 2,
        retries: 1,
        retryAtMs: 3,
        agentId: agent.id,
        agentName: agent.name,
        rows: 4,
        bytesRead: 5,
        bytesSent: 6,
        dirtyRecords: 7,
        error: { code: 'E' },
        startedAtMs: null,
        finishedAtMs: 8,
      },
    ])
    await resetSlices(db(), runId, 9)
    assert.deepEqual(
      (await loadSlices(db(), runId)).map((row) => [row.state, row.attempt, row.rows]),
      [
        ['pending', 0, 0],
        ['pending', 2, 0],
      ],
    )
  })

  test('slices of many runs are saved by one statement, each with its own values', async () => {
    const [one, other] = [await addJobWithRun(), await addJobWithRun()]
    const agent = await addAgent(db(), one.group.id)
    for (const { runId } of [one, other]) {
      const slices = [0, 1, 2].map((sliceNo) => ({ sliceNo, ranges: [], estimatedBytes: 0 }))
      await insertSlices(db(), runId, slices)
    }
    const failed = {
      ...stagedSlice(other.runId, 2, agent.id),
      state: 'pending',
      agentId: null,
      error: null,
    }
    await saveSlices(db(), [])
    await saveSlices(db(), [stagedSlice(one.runId, 0, agent.id), failed])
    const seen = async (runId: number) =>
      (await loadSlices(db(), runId)).map((row) => [row.state, row.attempt, row.agentId, row.error])
    const untouched = ['pending', 0, null, null]
    assert.deepEqual(await seen(one.runId), [
      ['staged', 2, agent.id, { code: 'E' }],
      untouched,
      untouched,
    ])
    assert.deepEqual(await seen(other.runId), [untouched, untouched, ['pending', 2, null, null]])
  })

  test('S1: of slices of which one has a newer attempt none is saved', async () => {
    const { group, runId } = await addJobWithRun()
    const agent = await addAgent(db(), group.id)
    const slices = [0, 1].map((sliceNo) => ({ sliceNo, ranges: [], estimatedBytes: 0 }))
    await insertSlices(db(), runId, slices)
    await saveSlices(db(), [{ ...stagedSlice(runId, 0, agent.id), attempt: 3 }])
    const late = [stagedSlice(runId, 0, agent.id), stagedSlice(runId, 1, agent.id)]
    await assert.rejects(
      db().transaction((tx) => saveSlices(tx, late)),
      /newer attempt/,
    )
    const attempts = (await loadSlices(db(), runId)).map((row) => row.attempt)
    assert.deepEqual(attempts, [3, 0])
  })

  test('what a save leaves out of plan and session stays as it is', async () => {
    const { runId } = await addJobWithRun()
    await saveRun(db(), runChange(runId, { plan: { a: 1 }, session: { b: 2 } }))
    await saveRun(db(), runChange(runId, { plan: null, session: null }))
    const run = await findRun(db(), runId)
    assert.deepEqual([run?.plan, run?.session], [{ a: 1 }, { b: 2 }])
  })

  test('a run that nobody can go on with ends, or is held, with no step left', async () => {
    const { job, group, runId } = await addJobWithRun()
    const agentId = randomUUID()
    const change = { state: 'committing', step: 'complete', stepAgentId: agentId }
    await saveRun(db(), runChange(runId, { ...change, committingSinceMs: 1, uploadId: 'u' }))
    const none = { error: null, evidence: null, finishedAtMs: null }
    await endUnreadableRun(db(), { id: runId, ...none, state: 'held', evidence: { reason: 'r' } })
    const held = await findRun(db(), runId)
    assert.deepEqual(
      [held?.state, held?.step, held?.stepAgentId, held?.uploadId, held?.evidence],
      ['held', '', null, 'u', { reason: 'r' }],
    )
    await assert.rejects(addRun(db(), job.id, group.id), /runs_one_unfinished_per_job/)
    const error = { code: 'X' }
    await endUnreadableRun(db(), { ...none, id: runId, state: 'failed', error, finishedAtMs: 9 })
    const ended = await findRun(db(), runId)
    assert.deepEqual([ended?.state, ended?.error, ended?.finishedAtMs], ['failed', error, 9])
    await addRun(db(), job.id, group.id)
  })

  test('rules of groups, weights and agents of a group are listed', async () => {
    const group = await addGroup(db())
    const [light, heavy] = [await addAgent(db(), group.id), await addAgent(db(), group.id)]
    await db().query('UPDATE agents SET weight = 7 WHERE id = $1', [heavy.id])
    await db().query(
      `UPDATE resource_groups
          SET kind = 'exclusive', paused = true, mbps_max = 8, channels_max = 9,
              reserved_jobs = '{j}', reserved_owners = '{o,p}'
        WHERE id = $1`,
      [group.id],
    )
    const policies = await listGroupPolicies(db())
    assert.deepEqual(
      policies.find((each) => each.id === group.id),
      {
        id: group.id,
        name: group.name,
        kind: 'exclusive',
        paused: true,
        mbpsMax: 8,
        channelsMax: 9,
        reservedJobs: ['j'],
        reservedOwners: ['o', 'p'],
      },
    )
    const weights = new Map((await listAgentWeights(db(), 1)).map((row) => [row.id, row.weight]))
    assert.deepEqual([weights.get(heavy.id), weights.get(light.id)], [7, undefined])
    assert.deepEqual(
      (await listAgentsOfGroup(db(), group.id)).map((row) => [row.name, row.weight, row.state]),
      [
        [light.name, 1, 'enrolled'],
        [heavy.name, 7, 'enrolled'],
      ],
    )
  })

  test('the ledger and the committed ranges of a job are remembered', async () => {
    const { job, runId } = await addJobWithRun()
    const of = { jobId: job.id, runId, topic: 't', topicId: 'id', onlyForward: false }
    await advanceLedger(db(), { ...of, ends: [{ topicPartition: 0, nextOffset: 5 }] })
    await advanceLedger(db(), { ...of, ends: [{ topicPartition: 0, nextOffset: 2 ** 50 }] })
    assert.deepEqual(await readLedger(db(), job.id, 't'), [
      { topicPartition: 0, nextOffset: 2 ** 50, topicId: 'id' },
    ])
    const range = { topicPartition: 0, startOffset: 10, endOffset: 20 }
    await insertCommittedRanges(db(), { ...of, target: 'p.t/ds=1', ranges: [range] })
    const overlap = (startOffset: number, endOffset: number) =>
      findOverlap(db(), { ...of, ranges: [{ topicPartition: 0, startOffset, endOffset }] })
    assert.equal(await overlap(0, 10), null)
    assert.equal(await overlap(20, 30), null)
    assert.deepEqual(await overlap(19, 30), { runId, target: 'p.t/ds=1', ...range })
    const upgraded = { ...of, topicId: '', ranges: [range] }
    assert.equal((await findOverlap(db(), upgraded))?.runId, runId)
    assert.equal(await findOverlap(db(), { ...upgraded, topicId: 'made again' }), null)
    await forgetTarget(db(), job.id, 'p.t/ds=1')
    assert.equal(await overlap(0, 30), null)
  })

  test('the ledger goes back only when it may, and forgets a topic that was made again', async () => {
    const { job, runId } = await addJobWithRun()
    const advance = async (topicId: string, onlyForward: boolean, ...offsets: number[]) => {
      const ends = offsets.map((nextOffset, topicPartition) => ({ topicPartition, nextOffset }))
      await advanceLedger(db(), { jobId: job.id, runId, topic: 't', topicId, ends, onlyForward })
      return (await readLedger(db(), job.id, 't')).map((row) => row.nextOffset)
    }
    assert.deepEqual(await advance('a', true, 50, 50), [50, 50])
    assert.deepEqual(await advance('a', true, 30, 60), [50, 60])
    assert.deepEqual(await advance('a', false, 30, 60), [30, 60])
    assert.deepEqual(await advance('b', true, 7), [7])
  })
}
