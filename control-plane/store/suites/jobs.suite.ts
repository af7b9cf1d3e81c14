import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Database, StoreError } from '../database.ts'
import { deleteDatasource } from '../datasources/delete-datasource.ts'
import { findDatasource } from '../datasources/find-datasource.ts'
import { listDatasources } from '../datasources/list-datasources.ts'
import { upsertDatasource } from '../datasources/upsert-datasource.ts'
import { applyJob } from '../jobs/apply-job.ts'
import { deleteJob } from '../jobs/delete-job.ts'
import { findJob } from '../jobs/find-job.ts'
import { listJobs } from '../jobs/list-jobs.ts'
import { findRun } from '../runs/find-run.ts'
import { addGroup, addJob, addRun, endRun, jobInput, newName } from './rows.ts'

export function jobsSuite(db: () => Database): void {
  const upsert = (name: string, properties: unknown, updatedAtMs = 1_000) =>
    upsertDatasource(db(), {
      name,
      type: 'kafka',
      description: 'd',
      properties,
      sealSecrets: (version) => Uint8Array.of(version),
      updatedAtMs,
    })

  test('each change of a data source is its next version, and the seal knows it', async () => {
    const name = newName('datasource')
    const first = await upsert(name, { brokers: ['a:9092'] })
    assert.equal(first.version, 1)
    assert.deepEqual(await upsert(name, { brokers: ['b:9092'] }, 2_000), { ...first, version: 2 })
    const row = {
      id: first.id,
      name,
      type: 'kafka',
      description: 'd',
      properties: { brokers: ['b:9092'] },
      version: 2,
      updatedAtMs: 2_000,
    }
    assert.deepEqual(await findDatasource(db(), name), { ...row, secrets: Uint8Array.of(2) })
    assert.deepEqual(
      (await listDatasources(db())).find((each) => each.name === name),
      row,
    )
    assert.equal(await findDatasource(db(), 'nowhere'), null)
  })

  test('changes of a data source at once are versions one after the other', async () => {
    const name = newName('datasource')
    await upsert(name, {})
    const changed = await Promise.all([upsert(name, {}), upsert(name, {}), upsert(name, {})])
    assert.deepEqual(
      changed.map((each) => each.version).sort((a, b) => a - b),
      [2, 3, 4],
    )
    assert.deepEqual((await findDatasource(db(), name))?.secrets, Uint8Array.of(4))
  })

  test('a data source is kept while a current job or an unfinished run names it', async () => {
    const name = newName('datasource')
    await upsert(name, {})
    const group = await addGroup(db())
    const job = await addJob(db(), { datasourceNames: ['other', name] })
    const used = { outcome: 'inUse', jobs: [job.name] }
    assert.deepEqual(await deleteDatasource(db(), name), used)
    const runId = await addRun(db(), job.id, group.id)
    await applyJob(db(), jobInput(job.name, { textDigest: 'digest-2' }))
    assert.deepEqual(await deleteDatasource(db(), name), used)
    await endRun(db(), runId)
    assert.deepEqual(await deleteDatasource(db(), name), { outcome: 'deleted' })
    assert.deepEqual(await deleteDatasource(db(), name), { outcome: 'notFound' })
  })

  test('a job applied unchanged stays at its version, another text or group is the next', async () => {
    const name = newName('job')
    const first = await applyJob(db(), jobInput(name))
    assert.deepEqual([first.version, first.changed], [1, true])
    const { jobId } = first
    assert.deepEqual(await applyJob(db(), jobInput(name, { nowMs: 2_000 })), {
      jobId,
      version: 1,
      changed: false,
    })
    const changed = jobInput(name, { textDigest: 'digest-2', redacted: '{"a":1}', nowMs: 3_000 })
    assert.deepEqual(await applyJob(db(), changed), { jobId, version: 2, changed: true })
    const moved = { ...changed, groupName: 'g', datasourceNames: ['k', 'o'], nowMs: 4_000 }
    assert.deepEqual(await applyJob(db(), moved), { jobId, version: 3, changed: true })
  })

  test('a job is found in its current version and in every earlier one', async () => {
    const name = newName('job')
    const { jobId } = await applyJob(db(), jobInput(name))
    const change = { textDigest: 'd2', redacted: '{"a":1}', groupName: 'g', nowMs: 3_000 }
    await applyJob(db(), jobInput(name, { ...change, datasourceNames: ['k', 'o'] }))
    const job = { id: jobId, name, currentVersion: 2, createdAtMs: 1_000, updatedAtMs: 3_000 }
    assert.deepEqual(await findJob(db(), name, null), {
      ...job,
      version: 2,
      groupName: 'g',
      datasourceNames: ['k', 'o'],
      text: Uint8Array.of(0, 255, 2),
      redacted: '{"a":1}',
      versionCreatedAtMs: 3_000,
    })
    assert.deepEqual(await findJob(db(), name, 1), {
      ...job,
      version: 1,
      groupName: null,
      datasourceNames: [],
      text: Uint8Array.of(0, 255, 1),
      redacted: '{}',
      versionCreatedAtMs: 1_000,
    })
    assert.equal(await findJob(db(), name, 3), null)
    assert.equal(await findJob(db(), 'nowhere', null), null)
  })

  test('a job applied by many at once is one job of one version', async () => {
    const name = newName('job')
    const applied = await Promise.allSettled(
      Array.from({ length: 6 }, () => applyJob(db(), jobInput(name))),
    )
    for (const each of applied) {
      if (each.status === 'fulfilled') assert.equal(each.value.version, 1)
      else assert.equal((each.reason as StoreError).constraint, 'jobs_name_key')
    }
    assert.equal((await findJob(db(), name, null))?.currentVersion, 1)
  })

  test('jobs are listed with their newest run', async () => {
    const group = await addGroup(db())
    const [idle, busy] = [await addJob(db()), await addJob(db(), { groupName: group.name })]
    await endRun(db(), await addRun(db(), busy.id, group.id))
    const newest = await addRun(db(), busy.id, group.id, 5_000)
    const rows = await listJobs(db())
    const listed = (name: string) => rows.find((row) => row.name === name)
    assert.deepEqual(listed(idle.name)?.lastRunId, null)
    assert.deepEqual(listed(busy.name), {
      id: busy.id,
      name: busy.name,
      version: 1,
      groupName: group.name,
      datasourceNames: [],
      createdAtMs: 1_000,
      updatedAtMs: 1_000,
      lastRunId: newest,
      lastRunState: 'waiting',
      lastRunCreatedAtMs: 5_000,
      lastRunFinishedAtMs: null,
    })
  })

  test('a job is deleted with its runs, but not while one is unfinished', async () => {
    const job = await addJob(db())
    const runId = await addRun(db(), job.id, (await addGroup(db())).id)
    assert.deepEqual(await deleteJob(db(), job.name), { outcome: 'runUnfinished', runId })
    await endRun(db(), runId)
    assert.deepEqual(await deleteJob(db(), job.name), { outcome: 'deleted' })
    assert.deepEqual(await deleteJob(db(), job.name), { outcome: 'notFound' })
    assert.equal(await findRun(db(), runId), null)
  })
}
