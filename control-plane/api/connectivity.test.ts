import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'

import { insertAgent } from '../store/agents/insert-agent.ts'
import type { ConnectivityStage } from '../store/connectivity-tests/connectivity-test-row.ts'
import { insertConnectivityResult } from '../store/connectivity-tests/insert-connectivity-result.ts'
import { findDatasource } from '../store/datasources/find-datasource.ts'
import { CONNECTIVITY_SESSIONS_MAX } from './limits.ts'
import type {
  ConnectivityHistory,
  ConnectivityResult,
  ConnectivityTestAnswer,
} from './shapes/connectivity.ts'
import { addAgent, jobText, KAFKA_SOURCE } from './test-data.ts'
import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
let agentId: string
let idleId: string

before(async () => {
  server = await startTestServer()
  agentId = await addAgent(server.store.db, 'idc', 'agent-1')
  idleId = await addAgent(server.store.db, 'cloud', 'agent-2')
  const [row] = await server.store.db.query<{ id: number }>(
    "SELECT id FROM resource_groups WHERE name = 'idc'",
  )
  server.agents.ready = [{ agentId, groupId: row!.id, name: 'agent-1', channels: 1 }]
})
after(() => server.stop())

interface Answer<T> {
  readonly status: number
  readonly body: T
}

async function call<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
  const reply = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${server.token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: reply.status, body: (await reply.json()) as T }
}

interface Items<T> {
  readonly items: readonly T[]
}

const testIt = (body: unknown): Promise<Answer<Items<ConnectivityTestAnswer>>> =>
  call('POST', '/datasources/kafka_shop/test', body)

test('data sources and jobs that change are told to the schedule', async () => {
  await call('PUT', '/datasources/kafka_shop', KAFKA_SOURCE)
  await call('PUT', '/datasources/gone', KAFKA_SOURCE)
  await call('DELETE', '/datasources/gone')
  await call('PUT', '/jobs/shop', { text: jobText(), group: 'idc' })
  const heard = ['changed kafka_shop 1', 'changed gone 1', 'deleted gone', 'jobs']
  assert.deepEqual(server.connectivity.heard, heard)
})

test('a test asks the agents of the groups whose jobs name the data source', async () => {
  const { body } = await testIt({ topic: 'orders' })
  assert.deepEqual(body.items, [
    {
      agent: 'agent-1',
      group: 'idc',
      verdict: 'Connectable',
      message: '',
      failedStage: null,
      stages: [],
      milliseconds: 42,
    },
  ])
  const target = { topic: 'orders', table: '', partition: '' }
  assert.deepEqual(server.connectivity.demanded, [{ agentId, datasource: 'kafka_shop', target }])
})

test('an agent that is not there is said to, and one that cannot find out', async () => {
  const away = await testIt({ group: 'cloud' })
  assert.equal(away.body.items[0]?.verdict, null)
  assert.match(away.body.items[0]?.message ?? '', /the agent is enrolled/)
  server.connectivity.outcome = { kind: 'untested', message: 'the agent was lost' }
  const lost = await testIt({ agent: 'agent-1' })
  assert.equal(lost.body.items[0]?.message, 'the agent was lost')
})

test('what does not exist, or does not go together, is refused', async () => {
  for (const [body, status] of [
    [{ group: 'nowhere' }, 404],
    [{ agent: 'nobody' }, 404],
    [{ agent: 'agent-1', group: 'cloud' }, 400],
    [{ topics: 'x' }, 400],
  ] as const) {
    assert.equal((await testIt(body)).status, status)
  }
  assert.equal((await call('POST', '/datasources/nothing/test', {})).status, 404)
  assert.equal((await call('GET', '/connectivity?group=nowhere')).status, 404)
})

test('a table is tested by few agents at a time: each opens an upload session', async () => {
  const [row] = await server.store.db.query<{ id: number }>(
    "SELECT id FROM resource_groups WHERE name = 'cloud'",
  )
  for (let i = 0; i < CONNECTIVITY_SESSIONS_MAX; i++) {
    const agent = { id: randomUUID(), name: `more-${i}`, groupId: row!.id, facts: {} }
    const keys = { publicKeyHash: randomUUID(), createdAtMs: 1 }
    await insertAgent(server.store.db, { ...agent, ...keys })
  }
  assert.equal((await testIt({ group: 'cloud', table: 't' })).status, 400)
  assert.equal((await testIt({ group: 'cloud', table: 't', agent: 'more-1' })).status, 200)
  assert.equal((await testIt({ group: 'cloud' })).status, 200)
})

test('the matrix has the newest of each pair, the history has pages', async () => {
  const { id: datasourceId } = (await findDatasource(server.store.db, 'kafka_shop'))!
  const stages = [{ name: 'tcp', outcome: 'failed', milliseconds: 3, detail: 'd', advice: 'a' }]
  const row = {
    agentId,
    datasourceId,
    datasourceVersion: 1,
    reason: 'schedule',
    verdict: 'Unreachable',
    message: 'tcp: d: a',
    stages: stages as ConnectivityStage[],
    startedAtMs: 5,
    finishedAtMs: 9,
  } as const
  const first = await insertConnectivityResult(server.store.db, row, 50)
  const second = await insertConnectivityResult(
    server.store.db,
    { ...row, datasourceVersion: 0 },
    50,
  )
  await insertConnectivityResult(server.store.db, { ...row, agentId: idleId }, 50)
  const matrix = await call<Items<ConnectivityResult>>('GET', '/connectivity?datasource=kafka_shop')
  assert.deepEqual(
    matrix.body.items.map(({ agent, stale }) => [agent, stale]),
    [
      ['agent-2', false],
      ['agent-1', true],
    ],
  )
  const group = await call<Items<ConnectivityResult>>('GET', '/connectivity?group=idc')
  const { id, failedStage, milliseconds } = group.body.items[0]!
  assert.deepEqual([id, failedStage, milliseconds], [second, 'tcp', 4])
  const path = '/connectivity/history?agent=agent-1&datasource=kafka_shop&limit=1'
  const page = await call<ConnectivityHistory>('GET', path)
  assert.deepEqual([page.body.items[0]?.id, page.body.nextBefore], [second, second])
  const rest = await call<ConnectivityHistory>('GET', `${path}&before=${page.body.nextBefore}`)
  assert.deepEqual([rest.body.items[0]?.id, rest.body.nextBefore], [first, null])
})
