import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { insertGroup } from '../store/resource-groups/insert-group.ts'
import { callerOf, type Call } from './test-caller.ts'
import { addAgent } from './test-data.ts'
import { startTestServer, TEST_NOW_MS, type TestServer } from './test-server.ts'

let server: TestServer
let call: Call

before(async () => {
  server = await startTestServer()
  call = callerOf(server, [])
})
after(() => server.stop())

describe('groups and agents', () => {
  test('a group is created once, shown, and deleted only when nothing uses it', async () => {
    assert.equal((await call('POST', '/api/v1/groups', { name: 'empty' })).status, 201)
    const again = await call('POST', '/api/v1/groups', { name: 'empty' })
    assert.deepEqual([again.status, again.error.code], [409, 'NAME_TAKEN'])
    assert.equal((await call('GET', '/api/v1/groups/empty')).body['agents'], 0)
    assert.equal((await call('DELETE', '/api/v1/groups/empty')).status, 200)
    assert.equal((await call('DELETE', '/api/v1/groups/empty')).error.code, 'GROUP_NOT_FOUND')
    await addAgent(server.store.db, 'used', 'used-1')
    const { error } = await call('DELETE', '/api/v1/groups/used')
    assert.equal(error.code, 'GROUP_NOT_EMPTY')
    assert.match(error.message, /still has 1 agent \(used-1\): delete/)
  })

  test('a group has a kind, limits, labels and a pause, and whoever keeps its rules hears of changes', async () => {
    const path = '/api/v1/groups/shop'
    const reserved = { name: 'shop', kind: 'exclusive', reservedJobs: ['orders'] }
    const { reservedJobs: _, ...nobody } = reserved
    assert.equal((await call('POST', '/api/v1/groups', nobody)).error.code, 'GROUP_INVALID')
    const created = await call('POST', '/api/v1/groups', reserved)
    assert.deepEqual(
      [created.status, created.body['kind'], created.body['status'], created.body['mbpsMax']],
      [201, 'exclusive', 'Empty', null],
    )
    const limits = { mbpsMax: 200, channelsMax: 8, labels: { idc: 'hz' }, paused: true }
    const heard = server.groupsChanged.length
    const changed = await call('PATCH', path, limits)
    assert.equal(changed.status, 200)
    for (const [key, value] of Object.entries(limits)) assert.deepEqual(changed.body[key], value)
    assert.deepEqual(changed.body['reservedJobs'], ['orders'])
    assert.equal(server.groupsChanged.length, heard + 1)
    const event = server.audited.at(-1)
    assert.deepEqual(
      [event?.kind, event?.actor, event?.group, event?.detail],
      ['group.changed', 'admin', 'shop', limits],
    )
    const freed = await call('PATCH', path, { mbpsMax: null, paused: false, kind: 'custom' })
    assert.deepEqual(
      [freed.body['mbpsMax'], freed.body['channelsMax'], freed.body['reservedJobs']],
      [null, 8, []],
    )
    assert.equal((await call('PATCH', path, { mbpsMax: 0 })).error.code, 'INVALID_REQUEST')
    assert.equal((await call('PATCH', path, { kind: 'default' })).error.code, 'INVALID_REQUEST')
    assert.equal((await call('PATCH', path, { labels: { 'a b': 'c' } })).status, 400)
    assert.equal((await call('PATCH', '/api/v1/groups/none', {})).error.code, 'GROUP_NOT_FOUND')
    assert.equal((await call('DELETE', path)).status, 200)
    assert.equal(server.audited.at(-1)?.kind, 'group.deleted')
  })

  test('the default group can be limited, but neither deleted nor made another kind', async () => {
    const group = { name: 'first', kind: 'default', createdAtMs: 0 } as const
    await insertGroup(server.store.db, group)
    const path = '/api/v1/groups/first'
    assert.equal((await call('PATCH', path, { channelsMax: 2 })).body['channelsMax'], 2)
    const taken = await call('PATCH', path, { kind: 'exclusive', reservedOwners: ['ci'] })
    assert.equal(taken.error.code, 'GROUP_INVALID')
    assert.equal((await call('DELETE', path)).error.code, 'STATE_CONFLICT')
  })

  test('a group says how many channels are free, and drains all of its agents', async () => {
    const { db } = server.store
    const id = await addAgent(db, 'busy', 'busy-1')
    const [group] = await db.query<{ id: number }>(
      'SELECT group_id AS id FROM agents WHERE id = $1',
      [id],
    )
    server.agents.ready = [{ agentId: id, groupId: group!.id, name: 'busy-1', channels: 4 }]
    server.agents.busyChannels = 3
    const shown = (await call('GET', '/api/v1/groups/busy')).body
    assert.deepEqual(
      [shown['status'], shown['agentsReady'], shown['channelsReady'], shown['channelsFree']],
      ['Available', 1, 4, 1],
    )
    server.agents.busyChannels = 0
    const drained = await call('POST', '/api/v1/groups/busy/drain', { deadlineMs: 60_000 })
    assert.deepEqual([drained.status, drained.body['agents']], [200, ['busy-1']])
    assert.equal(server.agents.drainDeadlines.at(-1), 60_000)
    assert.deepEqual((await call('POST', '/api/v1/groups/busy/drain')).body['agents'], [])
    server.agents.ready = []
  })

  test('an enrol token is shown once, with the command that uses it', async () => {
    await call('POST', '/api/v1/groups', { name: 'enrolling' })
    const { status, body } = await call('POST', '/api/v1/groups/enrolling/enrol-tokens')
    assert.equal(status, 201)
    const token = String(body['token'])
    assert.match(token, /^[\w-]{43}\.(ab){16}$/)
    assert.ok(String(body['command']).includes(token))
    const rows = await server.store.db.query('SELECT * FROM enrol_tokens')
    assert.ok(!JSON.stringify(rows).includes(token.slice(0, 43)))
  })

  test('a server is added with what is known of it, and listed until it is installed', async () => {
    await call('POST', '/api/v1/groups', { name: 'racks' })
    const path = '/api/v1/groups/racks/enrol-tokens'
    const server1 = { name: 'rack-1', ip: '10.0.0.5', cpuCount: 8, memoryBytes: 16 * 1024 ** 3 }
    const uuid = '4C4C4544-0046-3510-8052-B4C04F4D3132'
    const added = await call('POST', path, { ...server1, uuid })
    assert.deepEqual([added.status, added.body['uses']], [201, 1])
    const event = server.audited.at(-1)
    assert.deepEqual([event?.kind, event?.group], ['token.created', 'racks'])
    assert.ok(!JSON.stringify(event).includes(String(added.body['token'])))
    assert.equal((await call('POST', path, { uses: 20 })).body['uses'], 20)
    const listed = await call('GET', '/api/v1/enrol-tokens?group=racks')
    const items = listed.body['items'] as Record<string, unknown>[]
    const one = items.find((item) => item['name'] === 'rack-1')
    assert.deepEqual(
      [items.length, one?.['status'], one?.['uuid'], one?.['usesLeft'], one?.['createdBy']],
      [2, 'NotInstalled', uuid.toLowerCase(), 1, 'admin'],
    )
    await server.store.db.query('UPDATE enrol_tokens SET expires_at_ms = $1', [TEST_NOW_MS])
    const later = (await call('GET', '/api/v1/enrol-tokens?group=racks')).body['items']
    assert.equal((later as Record<string, unknown>[])[0]?.['status'], 'Expired')
    for (const wrong of [
      { uuid: 'ffffffff-ffff-ffff-ffff-ffffffffffff' },
      { uuid: '03000200-0400-0500-0006-000700080009' },
      { uuid: 'host-1' },
      { ip: '10.0.0' },
      { uses: 2, name: 'rack-2' },
    ]) {
      assert.equal((await call('POST', path, wrong)).error.code, 'SERVER_INVALID')
    }
    await addAgent(server.store.db, 'racked', 'rack-3')
    assert.equal((await call('POST', path, { name: 'rack-3' })).error.code, 'NAME_TAKEN')
  })

  test('an agent has a weight, labels and a status, and changes its group only without work', async () => {
    const { db } = server.store
    const id = await addAgent(db, 'from', 'mover')
    await call('POST', '/api/v1/groups', { name: 'to' })
    const path = '/api/v1/agents/mover'
    const changed = await call('PATCH', path, { weight: 30, labels: { rack: 'a' } })
    assert.deepEqual([changed.body['weight'], changed.body['labels']], [30, { rack: 'a' }])
    assert.equal((await call('PATCH', path, { weight: 101 })).status, 400)
    await db.query("UPDATE agents SET state = 'online' WHERE id = $1", [id])
    server.agents.ready = [{ agentId: id, groupId: 0, name: 'mover', channels: 2 }]
    assert.equal((await call('GET', path)).body['status'], 'Available')
    server.agents.busyChannels = 2
    assert.equal((await call('GET', path)).body['status'], 'Busy')
    server.agents.ready = []
    server.agents.busyChannels = 0
    server.agents.restart = { atMs: TEST_NOW_MS - 1_000, what: 'host' }
    const restarted = (await call('GET', path)).body
    assert.deepEqual(
      [restarted['status'], restarted['restart']],
      ['Restarted', server.agents.restart],
    )
    server.agents.restart = null
    const moved = () => call('PATCH', path, { group: 'to' })
    assert.equal((await moved()).error.code, 'STATE_CONFLICT')
    assert.equal((await call('PATCH', path, { group: 'none' })).error.code, 'GROUP_NOT_FOUND')
    await db.query("UPDATE agents SET state = 'drained' WHERE id = $1", [id])
    const heard = server.groupsChanged.length
    const after = await moved()
    assert.deepEqual([after.body['group'], after.body['status']], ['to', 'Drained'])
    assert.equal(server.groupsChanged.length, heard + 2)
    const event = server.audited.at(-1)
    assert.deepEqual([event?.kind, event?.agentId], ['agent.changed', id])
  })

  test('a drain has a deadline, and all that happens to an agent is recorded', async () => {
    const id = await addAgent(server.store.db, 'ends', 'ending')
    const path = '/api/v1/agents/ending'
    assert.equal((await call('POST', `${path}/drain`, { deadlineMs: 10 })).status, 400)
    assert.equal((await call('POST', `${path}/drain`, { deadlineMs: 600_000 })).status, 200)
    assert.equal(server.agents.drainDeadlines.at(-1), 600_000)
    await call('POST', `${path}/resume`)
    await call('POST', `${path}/revoke`)
    await call('DELETE', path)
    const events = server.audited.filter((event) => event.agentId === id)
    assert.deepEqual(
      events.map(({ kind, actor, group }) => [kind, actor, group]),
      ['drained', 'resumed', 'revoked', 'deleted'].map((what) => [
        `agent.${what}`,
        'admin',
        'ends',
      ]),
    )
  })

  test('an agent is found by name and by id, renamed, drained, resumed, revoked and then deleted', async () => {
    const { db } = server.store
    const id = await addAgent(db, 'idc', 'idc-1')
    server.agents.ready = [{ agentId: id, groupId: 0, name: 'idc-1', channels: 2 }]
    assert.equal((await call('GET', `/api/v1/agents/${id}`)).body['name'], 'idc-1')
    assert.equal((await call('GET', '/api/v1/agents/idc-1')).body['ready'], true)
    const renamed = await call('PATCH', '/api/v1/agents/idc-1', { name: 'idc-one' })
    assert.equal(renamed.body['name'], 'idc-one')
    assert.equal((await call('GET', '/api/v1/agents/idc-1')).error.code, 'AGENT_NOT_FOUND')
    await db.query("UPDATE agents SET state = 'online' WHERE id = $1", [id])
    const refused = await call('DELETE', '/api/v1/agents/idc-one')
    assert.deepEqual([refused.status, refused.error.code], [409, 'AGENT_NOT_OFFLINE'])
    assert.equal((await call('POST', '/api/v1/agents/idc-one/drain')).body['state'], 'draining')
    assert.equal((await call('POST', '/api/v1/agents/idc-one/resume')).body['state'], 'offline')
    assert.equal((await call('POST', '/api/v1/agents/idc-one/resume')).error.code, 'STATE_CONFLICT')
    assert.equal((await call('POST', '/api/v1/agents/idc-one/revoke')).body['state'], 'revoked')
    assert.equal((await call('POST', '/api/v1/agents/idc-one/drain')).error.code, 'STATE_CONFLICT')
    assert.equal((await call('DELETE', '/api/v1/agents/idc-one')).status, 200)
    server.agents.ready = []
  })
})
