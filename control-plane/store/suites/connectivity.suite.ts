import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  insertConnectivityResult,
  type NewConnectivityResult,
} from '../connectivity-tests/insert-connectivity-result.ts'
import { listGroupDatasources } from '../connectivity-tests/list-group-datasources.ts'
import { listLatestConnectivityTests } from '../connectivity-tests/list-latest-connectivity-tests.ts'
import { pageConnectivityTests } from '../connectivity-tests/page-connectivity-tests.ts'
import type { Database } from '../database.ts'
import { upsertDatasource } from '../datasources/upsert-datasource.ts'
import { addAgent, addGroup, addJob, newName } from './rows.ts'

/** Of a pair, where a test does not say otherwise. */
const KEEP = 50

export function connectivitySuite(db: () => Database): void {
  async function addSource(name = newName('source')): Promise<{ id: number; name: string }> {
    const { id } = await upsertDatasource(db(), {
      name,
      type: 'kafka',
      description: '',
      properties: {},
      sealSecrets: () => Uint8Array.of(1),
      updatedAtMs: 1,
    })
    return { id, name }
  }

  function newTest(agentId: string, datasourceId: number): NewConnectivityResult {
    return {
      agentId,
      datasourceId,
      datasourceVersion: 1,
      reason: 'demand',
      verdict: 'Unreachable',
      message: 'tcp: no answer\0',
      stages: [{ name: 'tcp', outcome: 'failed', milliseconds: 5, detail: 'x\0', advice: 'y' }],
      startedAtMs: 10,
      finishedAtMs: 15,
    }
  }

  test('the newest test of each pair is listed, and what has changed since is said', async () => {
    const group = await addGroup(db())
    const [agent, other] = [await addAgent(db(), group.id), await addAgent(db(), group.id)]
    const [source, second] = [await addSource(), await addSource()]
    await insertConnectivityResult(db(), newTest(agent.id, source.id), KEEP)
    const good = { ...newTest(agent.id, source.id), verdict: 'Connectable', message: '' } as const
    const id = await insertConnectivityResult(db(), { ...good, stages: [] }, KEEP)
    await insertConnectivityResult(db(), newTest(other.id, source.id), KEEP)
    await insertConnectivityResult(db(), newTest(agent.id, second.id), KEEP)
    const all = { groupName: group.name, agentIds: null, datasourceName: null }
    assert.equal((await listLatestConnectivityTests(db(), all)).length, 3)
    const pair = { groupName: null, agentIds: [agent.id], datasourceName: source.name }
    const expected = {
      ...good,
      id,
      stages: [],
      agentName: agent.name,
      groupName: group.name,
      datasourceName: source.name,
      datasourceType: 'kafka',
      isOfOldVersion: false,
      isOfOldAddress: false,
    }
    assert.deepEqual(await listLatestConnectivityTests(db(), pair), [expected])
    await addSource(source.name)
    const ips = `UPDATE agents SET facts = '{"ips": ["10.0.0.9"]}'::jsonb WHERE id = $1`
    await db().query(ips, [agent.id])
    const [changed] = await listLatestConnectivityTests(db(), pair)
    assert.deepEqual([changed?.isOfOldVersion, changed?.isOfOldAddress], [true, true])
  })

  test('the history of a pair is paged from the newest, and bounded', async () => {
    const agent = await addAgent(db(), (await addGroup(db())).id)
    const source = await addSource()
    const ids: (number | null)[] = []
    for (let i = 0; i < 5; i++) {
      ids.push(await insertConnectivityResult(db(), newTest(agent.id, source.id), KEEP))
    }
    const page = { agentId: agent.id, datasourceName: source.name, beforeId: null, limit: 2 }
    const first = await pageConnectivityTests(db(), page)
    assert.deepEqual(
      first.map((row) => row.id),
      [ids[4], ids[3]],
    )
    assert.equal(first[0]?.message, 'tcp: no answer\uFFFD')
    const sixth = await insertConnectivityResult(db(), newTest(agent.id, source.id), 3)
    const rest = await pageConnectivityTests(db(), { ...page, limit: 10 })
    assert.deepEqual(
      rest.map((row) => row.id),
      [sixth, ids[4], ids[3]],
    )
  })

  test('a test of an agent or a data source that is gone is not kept', async () => {
    const agent = await addAgent(db(), (await addGroup(db())).id)
    assert.equal(await insertConnectivityResult(db(), newTest(agent.id, 2 ** 40), KEEP), null)
  })

  test('the data sources of a group are those that its jobs name', async () => {
    const group = await addGroup(db())
    const [one, two, three] = [newName('source'), newName('source'), newName('source')]
    await addJob(db(), { groupName: group.name, datasourceNames: [one, two] })
    await addJob(db(), { groupName: group.name, datasourceNames: [two] })
    await addJob(db(), { groupName: null, datasourceNames: [three] })
    const asDefault = await addGroup(db())
    const all = await listGroupDatasources(db(), asDefault.name)
    const named = all.filter(({ groupId }) => groupId === group.id)
    assert.deepEqual(
      named.map((row) => row.datasourceName),
      [one, two],
    )
    const ofDefault = all.find(({ datasourceName }) => datasourceName === three)
    assert.equal(ofDefault?.groupName, asDefault.name)
  })
}
