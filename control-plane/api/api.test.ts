import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { insertAuditEvents } from '../store/audit-events/insert-audit-events.ts'
import { REFUSALS_TOLD_PER_MINUTE } from './refused-callers.ts'
import type { ErrorAnswer } from './shapes/building-blocks.ts'
import { callerOf, type Call } from './test-caller.ts'
import { addAgent, addRun, jobText, KAFKA_SOURCE, ODPS_SOURCE } from './test-data.ts'
import { progressOf, startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
/** Every answer of every test: at the end none may hold a secret. */
const answered: string[] = []

let call: Call

before(async () => {
  server = await startTestServer()
  call = callerOf(server, answered)
})
after(() => server.stop())

describe('access', () => {
  test('without a token nothing is answered but health and the description', async () => {
    const open = await Promise.all(
      ['/healthz', '/readyz', '/openapi.json'].map((path) => fetch(server.url + path)),
    )
    assert.deepEqual(
      open.map((response) => response.status),
      [200, 200, 200],
    )
    for (const headers of [{}, { authorization: 'Bearer sluice_api_wrong' }]) {
      const response = await fetch(`${server.url}/api/v1/groups`, { headers })
      assert.equal(response.status, 401)
      assert.equal(((await response.json()) as ErrorAnswer).error.code, 'UNAUTHENTICATED')
    }
  })

  test('a deleted token is not accepted any more, and the last one cannot be deleted', async () => {
    const created = await call('POST', '/api/v1/tokens', { name: 'ci' })
    assert.equal(created.status, 201)
    const headers = { authorization: `Bearer ${String(created.body['token'])}` }
    assert.equal((await call('GET', '/api/v1/tokens', undefined, headers)).status, 200)
    assert.equal((await call('DELETE', '/api/v1/tokens/ci')).status, 200)
    assert.equal((await call('GET', '/api/v1/tokens', undefined, headers)).status, 401)
    assert.equal((await call('DELETE', '/api/v1/tokens/admin')).error.code, 'LAST_TOKEN')
    assert.equal((await call('GET', '/api/v1/tokens')).status, 200)
    assert.equal((await call('DELETE', '/api/v1/tokens/none')).error.code, 'TOKEN_NOT_FOUND')
  })

  test('a path that does not exist says so in the one error shape', async () => {
    const { status, error } = await call('GET', '/api/v1/nothing?x=1')
    assert.equal(status, 404)
    assert.deepEqual([error.code, error.where], ['ROUTE_NOT_FOUND', 'GET /api/v1/nothing'])
  })
})

describe('audit', () => {
  test('who made a token and who came with a wrong one is recorded, never the token', async () => {
    const from = server.audited.length
    const created = await call('POST', '/api/v1/tokens', { name: 'auditor' })
    const token = String(created.body['token'])
    const headers = { authorization: `Bearer ${token}` }
    await call('DELETE', '/api/v1/tokens/auditor', undefined, headers)
    for (let time = 0; time < 20; time++) await call('GET', '/api/v1/groups', undefined, headers)
    const events = server.audited.slice(from)
    assert.deepEqual(
      events.slice(0, 2).map(({ kind, actor, peer }) => [kind, actor, peer]),
      [
        ['token.created', 'admin', '127.0.0.1'],
        ['token.deleted', 'auditor', '127.0.0.1'],
      ],
    )
    const refused = events.slice(2)
    assert.ok(refused.length > 0 && refused.length <= REFUSALS_TOLD_PER_MINUTE, 'bounded by rate')
    assert.ok(refused.every(({ kind, message }) => kind === 'api.refused' && /GET/.test(message)))
    assert.ok(!JSON.stringify(server.audited).includes(token.slice(15)))
  })

  test('events come in pages, the newest first, by kind, agent, group and time', async () => {
    const { db } = server.store
    const agentId = await addAgent(db, 'audited', 'audited-1')
    const event = { atMs: 1, actor: 'ci', peer: null, message: 'm', detail: null }
    const drained = { ...event, kind: 'agent.drained', agentId, groupName: 'audited' }
    const changed = { ...event, kind: 'group.changed', agentId: null, groupName: 'audited' }
    await insertAuditEvents(db, [drained, changed, { ...drained, atMs: 50 }])
    const list = async (query: string) => {
      const { body } = await call('GET', `/api/v1/audit?group=audited&${query}`)
      const items = body['items'] as { id: number; kind: string; agent: string | null }[]
      return { kinds: items.map(({ kind }) => kind), items, next: body['nextBefore'] }
    }
    const all = await list('')
    assert.deepEqual(all.kinds, ['agent.drained', 'group.changed', 'agent.drained'])
    assert.deepEqual([all.items[0]?.agent, all.next], ['audited-1', null])
    const page = await list('limit=1')
    assert.deepEqual([page.kinds, page.next], [['agent.drained'], page.items[0]?.id])
    assert.equal((await list(`before=${String(page.next)}`)).kinds.length, 2)
    assert.deepEqual((await list('kind=group.changed')).kinds, ['group.changed'])
    assert.equal((await list('agent=audited-1&sinceMs=50')).kinds.length, 1)
    assert.equal((await list(`agent=${agentId}`)).kinds.length, 2)
    const unknown = await call('GET', '/api/v1/audit?agent=nobody')
    assert.equal(unknown.error.code, 'AGENT_NOT_FOUND')
  })
})

describe('requests', () => {
  test('every mistake in a body is located by its JSON path, and no value is quoted', async () => {
    const { status, error } = await call('POST', '/api/v1/groups', {
      name: 'secret value',
      descripton: 'x',
    })
    assert.equal(status, 400)
    assert.equal(error.code, 'INVALID_REQUEST')
    const paths = error.problems?.map((problem) => `${problem.code} ${problem.path}`)
    assert.deepEqual(paths?.toSorted(), ['bad-format $.name', 'unknown-key $.descripton'])
    assert.doesNotMatch(JSON.stringify(error), /secret value/)
  })

  test('a body that is no JSON is refused without quoting it', async () => {
    const response = await fetch(`${server.url}/api/v1/groups`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
      body: '{"password": "hunter2"',
    })
    const text = await response.text()
    assert.equal(response.status, 400)
    assert.doesNotMatch(text, /hunter2/)
  })

  test('a body above the limit is refused', async () => {
    const { status, error } = await call('PUT', '/api/v1/jobs/large', {
      text: 'x'.repeat(5 * 1024 * 1024),
    })
    assert.deepEqual([status, error.code], [413, 'TOO_LARGE'])
  })
})

describe('data sources', () => {
  test('its secrets are sealed, never shown, and kept when a change leaves them out', async () => {
    const put = (body: unknown) => call('PUT', '/api/v1/datasources/kafka_shop', body)
    assert.equal((await put(KAFKA_SOURCE)).body['version'], 1)
    const shown = await call('GET', '/api/v1/datasources/kafka_shop')
    const properties = shown.body['properties'] as Record<string, unknown>
    assert.deepEqual([properties['saslUsername'], properties['saslPassword']], ['shop', undefined])
    const { saslPassword: _, ...rest } = KAFKA_SOURCE.properties
    assert.equal((await put({ type: 'kafka', properties: rest })).status, 422)
    const kept = await put({ type: 'kafka', properties: rest, keepSecrets: true })
    assert.equal(kept.body['version'], 2)
    const rows = await server.store.db.query('SELECT properties, secrets FROM datasources')
    assert.ok(!JSON.stringify(rows).includes('kafka-password'))
  })

  test('all of its problems come in one answer', async () => {
    const { status, error } = await call('PUT', '/api/v1/datasources/broken', {
      type: 'kafka',
      properties: { address: 'no port', securityProtocol: 'none', colour: 'red' },
    })
    assert.deepEqual([status, error.code], [422, 'DATASOURCE_INVALID'])
    const paths = error.problems?.map((problem) => problem.path) ?? []
    for (const key of ['address', 'securityProtocol', 'colour']) {
      assert.ok(
        paths.some((path) => path.startsWith(`$.properties.${key}`)),
        `${key}: ${paths.join(', ')}`,
      )
    }
  })

  test('one that a job names cannot be deleted', async () => {
    await call('PUT', '/api/v1/datasources/odps_dw', ODPS_SOURCE)
    await call('PUT', '/api/v1/jobs/uses_odps', { text: jobText() })
    const refused = await call('DELETE', '/api/v1/datasources/odps_dw')
    assert.deepEqual([refused.status, refused.error.code], [409, 'DATASOURCE_IN_USE'])
    assert.match(refused.error.message, /uses_odps/)
    await call('DELETE', '/api/v1/jobs/uses_odps')
    assert.equal((await call('DELETE', '/api/v1/datasources/odps_dw')).status, 200)
  })
})

describe('jobs', () => {
  const apply = (name: string, text: string, group?: string) =>
    call('PUT', `/api/v1/jobs/${name}`, group === undefined ? { text } : { text, group })

  test('the same text applied again is no new version', async () => {
    const first = await apply('orders', jobText())
    assert.deepEqual([first.status, first.body['version'], first.body['changed']], [200, 1, true])
    const same = await apply('orders', jobText())
    assert.deepEqual([same.body['version'], same.body['changed']], [1, false])
    const other = await apply('orders', jobText({ topic: 'orders2' }))
    assert.deepEqual([other.body['version'], other.body['changed']], [2, true])
    const old = await call('GET', '/api/v1/jobs/orders?version=1')
    assert.deepEqual([old.body['version'], old.body['currentVersion']], [1, 2])
    assert.match(String(old.body['text']), /"orders"/)
  })

  test('a parameter without a value is a note, since runs bring the values', async () => {
    const { status, body } = await apply('daily', jobText({ partition: 'ds=${ds}' }))
    assert.equal(status, 200)
    const notes = body['notes'] as { code: string; severity: string; message: string }[]
    const note = notes.find((one) => one.code === 'missing-parameter')
    assert.equal(note?.severity, 'note')
    assert.match(note?.message ?? '', /"ds"/)
  })

  test('a data source that is not there yet is a note, since it may come before the first run', async () => {
    const { body } = await apply('early', jobText({ topic: 'orders3' }))
    const notes = body['notes'] as { code: string; path: string; message: string }[]
    const missing = notes.filter((one) => one.path === '$..datasource').map((one) => one.message)
    assert.match(missing.join('\n'), /no data source odps_dw yet/)
    const { body: info } = await call('GET', '/api/v1/info')
    assert.deepEqual(info, { version: '0.0.0-test', timeZone: 'Asia/Shanghai' })
  })

  test('five mistakes come as five located problems in one answer', async () => {
    const text = jobText()
      .replace('"topic"', '"topik"')
      .replace('"STRING"', '"STRIN"')
      .replace('"concurrent": 2', '"concurrent": 99')
      .replace('"msg_body"', '"msg_body", "extra"')
      .replace('"table": "ods_orders"', '"table": 5')
    const { status, error } = await apply('broken', text)
    assert.deepEqual([status, error.code], [422, 'JOB_INVALID'])
    const problems = error.problems ?? []
    assert.ok(problems.length >= 5, JSON.stringify(problems, null, 1))
    for (const problem of problems) assert.ok(problem.line !== null && problem.line > 0)
    const lines = problems.map((problem) => problem.line)
    assert.deepEqual(
      lines,
      lines.toSorted((a, b) => (a ?? 0) - (b ?? 0)),
    )
    assert.equal((await call('GET', '/api/v1/jobs/broken')).error.code, 'JOB_NOT_FOUND')
  })

  test('inline secrets are blanked for people', async () => {
    const text = jobText().replace(
      '"datasource": "odps_dw"',
      '"project": "dw", "endpoint": "http://h/api", "accessId": "i", "accessKey": "inline-key-4713"',
    )
    await apply('inline', text)
    const shown = await call('GET', '/api/v1/jobs/inline')
    assert.match(String(shown.body['text']), /"accessKey": "\*\*\*"/)
  })

  test('a job for a group that does not exist is refused', async () => {
    const refused = await apply('orders', jobText(), 'nowhere')
    assert.deepEqual([refused.status, refused.error.code], [404, 'GROUP_NOT_FOUND'])
  })
})

describe('runs', () => {
  test('a repeated start with the same Idempotency-Key starts one run', async () => {
    const { runs } = server
    runs.started.length = 0
    const headers = { 'idempotency-key': 'k1' }
    const params = { ds: '$[yyyymmdd-1]' }
    const input = { job: 'orders', params, cycTimeMs: 1_000, priority: 8 }
    const first = await call('POST', '/api/v1/runs', input, headers)
    const second = await call('POST', '/api/v1/runs', input, headers)
    assert.deepEqual([first.status, second.status], [201, 201])
    assert.deepEqual(runs.started, [
      {
        jobName: 'orders',
        groupName: null,
        params,
        cycTimeMs: 1_000,
        priority: 8,
        owner: 'admin',
        peer: '127.0.0.1',
      },
    ])
    const tooHigh = await call('POST', '/api/v1/runs', { job: 'daily', priority: 9 })
    assert.equal(tooHigh.error.code, 'INVALID_REQUEST')
    const other = await call('POST', '/api/v1/runs', { job: 'daily' }, headers)
    assert.deepEqual([other.status, other.error.code], [409, 'IDEMPOTENCY_KEY_REUSED'])
  })

  test('why a run waits is told with its reasons', async () => {
    const { runs } = server
    const detail = 'resource group idc has no agent'
    const reason = { code: 'NO_AGENT', title: 'no agent', detail, fix: 'install one' } as const
    runs.explanation = { runId: 41, state: 'planning', waitingFor: detail, reasons: [reason] }
    const explained = await call('GET', '/api/v1/runs/41/explain')
    assert.deepEqual(explained.body, { ...runs.explanation, reasons: [{ ...reason, agents: [] }] })
    assert.equal((await call('GET', '/api/v1/runs/42/explain')).error.code, 'RUN_NOT_FOUND')
  })

  test('a refusal of the runs keeps its code and names the earlier run', async () => {
    const { runs } = server
    const message = 'run 7 is not over'
    runs.startAnswer = { ok: false, refusal: { code: 'RUN_UNFINISHED', message, runId: 7 } }
    const refused = await call('POST', '/api/v1/runs', { job: 'orders' })
    runs.startAnswer = { ok: true, value: { runId: 1 } }
    assert.deepEqual(
      [refused.status, refused.error.code, refused.error.where],
      [409, 'RUN_UNFINISHED', 'run 7'],
    )
  })

  test('runs are listed newest first, filtered and paged', async () => {
    const { db } = server.store
    await call('POST', '/api/v1/groups', { name: 'listing' })
    await call('PUT', '/api/v1/jobs/listed', { text: jobText(), group: 'listing' })
    const ids: number[] = []
    for (let i = 0; i < 3; i++) {
      ids.unshift(await addRun(db, 'listed', 'listing'))
      await db.query("UPDATE runs SET state = 'failed' WHERE id = $1", [ids[0]])
    }
    const page = await call('GET', '/api/v1/runs?job=listed&limit=2')
    const items = page.body['items'] as { id: number }[]
    assert.deepEqual(
      items.map((item) => item.id),
      ids.slice(0, 2),
    )
    assert.equal(page.body['nextBefore'], ids[1])
    const rest = await call('GET', `/api/v1/runs?job=listed&limit=2&before=${ids[1]}`)
    assert.deepEqual(
      (rest.body['items'] as { id: number }[]).map((item) => item.id),
      [ids[2]],
    )
    assert.equal(rest.body['nextBefore'], null)
    const none = await call('GET', '/api/v1/runs?job=listed&state=held')
    assert.deepEqual(none.body['items'], [])
    const wrong = await call('GET', '/api/v1/runs?state=asleep')
    assert.deepEqual([wrong.status, wrong.error.where], [400, 'querystring.state'])
    const jobs = (await call('GET', '/api/v1/jobs')).body['items'] as Record<string, unknown>[]
    const listed = jobs.find((job) => job['name'] === 'listed')
    assert.equal((listed?.['lastRun'] as { id: number } | undefined)?.id, ids[0])
    const shown = await call('GET', `/api/v1/runs/${ids[0]}`)
    assert.deepEqual(shown.body['params'], { ds: '20261122' })
    assert.equal((await call('GET', '/api/v1/runs/999999')).error.code, 'RUN_NOT_FOUND')
  })

  test('kill and resolve reach the runs; an unknown run is not found', async () => {
    server.runs.set(progressOf(41, { state: 'held', phase: '' }))
    assert.equal((await call('POST', '/api/v1/runs/41/kill')).status, 200)
    const resolve = { outcome: 'notCommitted' }
    assert.equal((await call('POST', '/api/v1/runs/41/resolve', resolve)).status, 200)
    assert.deepEqual(server.runs.decided, ['kill 41', 'resolve notCommitted 41'])
    assert.equal((await call('POST', '/api/v1/runs/42/kill')).error.code, 'RUN_NOT_FOUND')
    assert.equal((await call('GET', '/api/v1/runs/41/progress')).body['state'], 'held')
  })

  test('dirty records come in pages and as JSON lines', async () => {
    const { db } = server.store
    await call('POST', '/api/v1/groups', { name: 'dirty' })
    await call('PUT', '/api/v1/jobs/dirty', { text: jobText() })
    const id = await addRun(db, 'dirty', 'dirty')
    await db.query(
      `INSERT INTO slices (run_id, slice_no, ranges, estimated_bytes, state)
       VALUES ($1, 0, '[]', 10, 'staged')`,
      [id],
    )
    for (let seq = 0; seq < 3; seq++) {
      await db.query(
        `INSERT INTO dirty_records VALUES ($1, 0, $2, 'orders', 1, $3, 'amount', 'not a number', $4, false)`,
        [id, seq, 100 + seq, Buffer.from('x,y')],
      )
    }
    const path = `/api/v1/runs/${id}/dirty-records`
    const first = await call('GET', `${path}?limit=2`)
    assert.equal(first.body['nextAfter'], '0-1')
    const rest = await call('GET', `${path}?limit=2&after=0-1`)
    const items = rest.body['items'] as Record<string, unknown>[]
    assert.deepEqual(
      [items.length, items[0]?.['offset'], items[0]?.['rawBase64'], rest.body['nextAfter']],
      [1, 102, Buffer.from('x,y').toString('base64'), null],
    )
    const response = await fetch(server.url + path, {
      headers: { authorization: `Bearer ${server.token}`, accept: 'application/x-ndjson' },
    })
    const lines = (await response.text()).trimEnd().split('\n')
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { offset: number }).offset),
      [100, 101, 102],
    )
    const slices = (await call('GET', `/api/v1/runs/${id}/slices`)).body['items'] as unknown[]
    assert.equal(slices.length, 1)
  })
})

describe('sql', () => {
  test('a statement is answered with its result', async () => {
    const result = { columns: [{ name: 'n', type: 'BIGINT' }], rows: [['1']] }
    const value = { queryId: 'q1', state: 'succeeded', result, error: null } as const
    server.runs.queryAnswer = { ok: true, value }
    const { status, body } = await call('POST', '/api/v1/sql', {
      datasource: 'odps_dw',
      sql: 'SELECT 1 AS n',
    })
    assert.deepEqual([status, body], [200, value])
    assert.equal(server.runs.queries.at(-1)?.rowsMax, 1000)
    server.runs.queryAnswer = null
  })

  test('a statement whose caller goes away is given up', async () => {
    const gone = new AbortController()
    const asking = fetch(`${server.url}/api/v1/sql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ datasource: 'odps_dw', sql: 'SELECT 2' }),
      signal: gone.signal,
    })
    while (server.runs.queries.at(-1)?.sql !== 'SELECT 2') {
      await new Promise((resolve) => setImmediate(resolve))
    }
    gone.abort()
    await assert.rejects(asking)
    await server.runs.queryAborted.promise
  })
})

describe('the description of the API', () => {
  test('it names every route with its answers and the one error shape', async () => {
    const response = await fetch(`${server.url}/openapi.json`)
    const document = (await response.json()) as {
      openapi: string
      paths: Record<string, Record<string, { responses: Record<string, unknown> }>>
    }
    assert.match(document.openapi, /^3\./)
    const routes = Object.entries(document.paths)
      .flatMap(([path, methods]) => Object.keys(methods).map((m) => `${m.toUpperCase()} ${path}`))
      .toSorted()
    assert.deepEqual(routes, ROUTES)
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const statuses = Object.keys(operation.responses)
        assert.ok(statuses.includes('4XX') || statuses.includes('4xx'), `${method} ${path}`)
      }
    }
  })
})

test('no answer and no log line of all these tests holds a secret', () => {
  const secrets = ['kafka-password-4711', 'odps-key-4712', 'inline-key-4713', server.token]
  const recorded = JSON.stringify(server.audited)
  assert.ok(recorded.length > 1_000)
  const everything = answered.join('\n') + server.logged() + recorded
  assert.ok(everything.length > 10_000)
  for (const secret of secrets) assert.ok(!everything.includes(secret), secret)
})

const ROUTES = [
  'DELETE /api/v1/agents/{agent}',
  'DELETE /api/v1/datasources/{name}',
  'DELETE /api/v1/groups/{name}',
  'DELETE /api/v1/jobs/{name}',
  'DELETE /api/v1/tokens/{name}',
  'GET /api/v1/agent-copies',
  'GET /api/v1/agents',
  'GET /api/v1/agents/{agent}',
  'GET /api/v1/agents/{agent}/doctor',
  'GET /api/v1/agents/{agent}/logs',
  'GET /api/v1/agents/{agent}/samples',
  'GET /api/v1/audit',
  'GET /api/v1/bundles',
  'GET /api/v1/connectivity',
  'GET /api/v1/connectivity/history',
  'GET /api/v1/datasources',
  'GET /api/v1/datasources/{name}',
  'GET /api/v1/enrol-tokens',
  'GET /api/v1/groups',
  'GET /api/v1/groups/{name}',
  'GET /api/v1/info',
  'GET /api/v1/installers/{arch}',
  'GET /api/v1/jobs',
  'GET /api/v1/jobs/{name}',
  'GET /api/v1/link',
  'GET /api/v1/runs',
  'GET /api/v1/runs/{id}',
  'GET /api/v1/runs/{id}/dirty-records',
  'GET /api/v1/runs/{id}/explain',
  'GET /api/v1/runs/{id}/logs',
  'GET /api/v1/runs/{id}/progress',
  'GET /api/v1/runs/{id}/slices',
  'GET /api/v1/runs/{id}/watch',
  'GET /api/v1/tokens',
  'GET /api/v1/upgrades',
  'GET /api/v1/upgrades/{id}',
  'GET /healthz',
  'GET /readyz',
  'PATCH /api/v1/agents/{agent}',
  'PATCH /api/v1/groups/{name}',
  'POST /api/v1/agents/{agent}/copies/{copy}/resolve',
  'POST /api/v1/agents/{agent}/drain',
  'POST /api/v1/agents/{agent}/logs/fetch',
  'POST /api/v1/agents/{agent}/resume',
  'POST /api/v1/agents/{agent}/revoke',
  'POST /api/v1/agents/{agent}/upgrade',
  'POST /api/v1/datasources/{name}/test',
  'POST /api/v1/groups',
  'POST /api/v1/groups/{name}/drain',
  'POST /api/v1/groups/{name}/enrol-tokens',
  'POST /api/v1/groups/{name}/upgrades',
  'POST /api/v1/runs',
  'POST /api/v1/runs/{id}/kill',
  'POST /api/v1/runs/{id}/resolve',
  'POST /api/v1/sql',
  'POST /api/v1/tokens',
  'POST /api/v1/upgrades/{id}/cancel',
  'POST /api/v1/upgrades/{id}/resume',
  'PUT /api/v1/datasources/{name}',
  'PUT /api/v1/jobs/{name}',
]
