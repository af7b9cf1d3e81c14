import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import { changeAgent } from '../agents/change-agent.ts'
import { deleteAgent } from '../agents/delete-agent.ts'
import { extendLeases } from '../agents/extend-leases.ts'
import { findAgentByName } from '../agents/find-agent-by-name.ts'
import { findAgent } from '../agents/find-agent.ts'
import { insertAgent } from '../agents/insert-agent.ts'
import { listAgents } from '../agents/list-agents.ts'
import { listExpiredLeases } from '../agents/list-expired-leases.ts'
import { recordHello } from '../agents/record-hello.ts'
import type { AgentHello } from '../agents/record-hello.ts'
import { revokeAgent } from '../agents/revoke-agent.ts'
import { setAgentState } from '../agents/set-agent-state.ts'
import { StoreError } from '../database.ts'
import type { Database } from '../database.ts'
import { addAgent, addGroup, newName } from './rows.ts'

export function agentsSuite(db: () => Database): void {
  const hello = (agentId: string, over: Partial<AgentHello> = {}) =>
    recordHello(db(), {
      agentId,
      facts: { hostname: 'h' },
      channels: 4,
      processId: 'p1',
      state: 'online',
      leaseUntilMs: 20_000,
      generation: 3,
      generationOffered: 4,
      ...over,
    })

  test('an agent is found by id and by name, and listed with its group', async () => {
    const group = await addGroup(db())
    const agent = { id: randomUUID(), name: newName('agent'), publicKeyHash: newName('key') }
    const facts = { dmiUuid: '', ips: ['10.0.0.1'] }
    await insertAgent(db(), { ...agent, groupId: group.id, facts, createdAtMs: 5 })
    const expected = {
      ...agent,
      groupId: group.id,
      groupName: group.name,
      state: 'enrolled',
      sessionEpoch: 0,
      processId: '',
      channels: 0,
      generation: 0,
      generationOffered: 0,
      notices: [],
      certificateUntilMs: 0,
      facts,
      heartbeat: null,
      heartbeatAtMs: null,
      leaseUntilMs: 0,
      weight: 1,
      labels: {},
      createdAtMs: 5,
    }
    assert.deepEqual(await findAgent(db(), agent.id), expected)
    assert.deepEqual(await findAgentByName(db(), agent.name), expected)
    assert.deepEqual(await listAgents(db(), group.id), [expected])
    assert((await listAgents(db(), null)).some((row) => row.id === agent.id))
    assert.equal(await findAgent(db(), randomUUID()), null)
    assert.equal(await findAgent(db(), 'no uuid'), null)
    assert.equal(await findAgentByName(db(), 'nobody'), null)
  })

  test('each hello starts the next session and tells what was before', async () => {
    const agent = await addAgent(db(), (await addGroup(db())).id)
    assert.deepEqual(await hello(agent.id), {
      sessionEpoch: 1,
      previousProcessId: '',
      previousState: 'enrolled',
    })
    assert.deepEqual(await hello(agent.id, { processId: 'p2', channels: 8 }), {
      sessionEpoch: 2,
      previousProcessId: 'p1',
      previousState: 'online',
    })
    const row = await findAgent(db(), agent.id)
    assert.deepEqual(
      [row?.processId, row?.channels, row?.facts, row?.leaseUntilMs, row?.state],
      ['p2', 8, { hostname: 'h' }, 20_000, 'online'],
    )
    assert.equal(await hello(randomUUID()), null)
  })

  test('hellos at once get different epochs', async () => {
    const agent = await addAgent(db(), (await addGroup(db())).id)
    const rows = await Promise.all(Array.from({ length: 8 }, () => hello(agent.id)))
    assert.deepEqual(
      rows.map((row) => row?.sessionEpoch ?? 0).sort((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8],
    )
  })

  test('a state changes only from the states and in the session that are named', async () => {
    const agent = await addAgent(db(), (await addGroup(db())).id)
    await hello(agent.id)
    const change = { agentId: agent.id, from: ['online', 'suspect'], to: 'offline' } as const
    assert.equal(await setAgentState(db(), { ...change, sessionEpoch: 2 }), false)
    assert.equal(await setAgentState(db(), { ...change, from: [], sessionEpoch: null }), false)
    assert.equal(await setAgentState(db(), { ...change, sessionEpoch: 1 }), true)
    assert.equal(await setAgentState(db(), { ...change, sessionEpoch: null }), false)
    assert.equal((await findAgent(db(), agent.id))?.state, 'offline')
  })

  test('leases that are over are listed, until they are extended', async () => {
    const group = await addGroup(db())
    const [first, second, offline] = [
      await addAgent(db(), group.id),
      await addAgent(db(), group.id),
      await addAgent(db(), group.id),
    ]
    await hello(first.id, { leaseUntilMs: 300 })
    await hello(second.id, { leaseUntilMs: 200, state: 'draining' })
    await hello(offline.id, { leaseUntilMs: 100, state: 'offline' })
    const expired = async (nowMs: number) =>
      (await listExpiredLeases(db(), nowMs))
        .filter((row) => row.groupId === group.id)
        .map((row) => row.id)
    assert.deepEqual(await expired(199), [])
    assert.deepEqual(await expired(200), [second.id])
    assert.deepEqual(await expired(300), [second.id, first.id])
    await extendLeases(db(), 1_000)
    assert.deepEqual(await expired(999), [])
    assert.equal((await findAgent(db(), offline.id))?.leaseUntilMs, 100)
  })

  test('a revoked agent has no session any more and gets none', async () => {
    const agent = await addAgent(db(), (await addGroup(db())).id)
    await hello(agent.id)
    assert.equal(await revokeAgent(db(), agent.id), true)
    assert.equal(await hello(agent.id), null)
    const row = await findAgent(db(), agent.id)
    assert.deepEqual([row?.state, row?.sessionEpoch, row?.leaseUntilMs], ['revoked', 2, 0])
    assert.equal(await revokeAgent(db(), randomUUID()), false)
  })

  test('an agent is renamed, but not to a name that is taken', async () => {
    const group = await addGroup(db())
    const [agent, other] = [await addAgent(db(), group.id), await addAgent(db(), group.id)]
    const name = newName('agent')
    assert.equal(await changeAgent(db(), agent.id, { name }), true)
    assert.equal((await findAgent(db(), agent.id))?.name, name)
    await assert.rejects(
      changeAgent(db(), agent.id, { name: other.name }),
      (error) => error instanceof StoreError && error.constraint === 'agents_name_key',
    )
    assert.equal(await changeAgent(db(), randomUUID(), { name: newName('agent') }), false)
  })

  test('weight and labels are changed alone, and another group only without work', async () => {
    const [group, other] = [await addGroup(db()), await addGroup(db())]
    const agent = await addAgent(db(), group.id)
    const shown = async () => {
      const row = await findAgent(db(), agent.id)
      return [row?.weight, row?.labels, row?.groupName]
    }
    assert.deepEqual(await shown(), [1, {}, group.name])
    assert.equal(await changeAgent(db(), agent.id, { weight: 0 }), true)
    assert.equal(await changeAgent(db(), agent.id, { labels: { rack: 'a' } }), true)
    assert.deepEqual(await shown(), [0, { rack: 'a' }, group.name])
    await hello(agent.id)
    assert.equal(await changeAgent(db(), agent.id, { groupId: other.id }), false)
    assert.equal(await changeAgent(db(), agent.id, { groupId: group.id }), true)
    const change = { agentId: agent.id, from: ['online'], sessionEpoch: null } as const
    await setAgentState(db(), { ...change, to: 'drained' })
    assert.equal(await changeAgent(db(), agent.id, { groupId: other.id, weight: 5 }), true)
    assert.deepEqual(await shown(), [5, { rack: 'a' }, other.name])
  })

  test('an agent that may hold work is not deleted', async () => {
    const agent = await addAgent(db(), (await addGroup(db())).id)
    await hello(agent.id)
    assert.equal(await deleteAgent(db(), agent.id), false)
    await revokeAgent(db(), agent.id)
    assert.equal(await deleteAgent(db(), agent.id), true)
    assert.equal(await findAgent(db(), agent.id), null)
  })
}
