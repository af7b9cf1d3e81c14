import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import { changeAgent } from '../agents/change-agent.ts'
import { deleteAgent } from '../agents/delete-agent.ts'
import { findAgentByName } from '../agents/find-agent-by-name.ts'
import { findAgent } from '../agents/find-agent.ts'
import { insertAgent } from '../agents/insert-agent.ts'
import { listAgents } from '../agents/list-agents.ts'
import type { AgentHello } from '../agents/record-hellos.ts'
import { revokeAgent } from '../agents/revoke-agent.ts'
import { setAgentStates } from '../agents/set-agent-states.ts'
import { StoreError } from '../database.ts'
import type { Database } from '../database.ts'
import { addAgent, addGroup, newName, sayHello } from './rows.ts'

export function agentsSuite(db: () => Database): void {
  const hello = (agentId: string, over: Partial<AgentHello> = {}) =>
    sayHello(db(), {
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
      drainUntilMs: null,
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

  test('each hello starts the next session', async () => {
    const agent = await addAgent(db(), (await addGroup(db())).id)
    const before = await findAgent(db(), agent.id)
    assert.deepEqual([before?.processId, before?.state], ['', 'enrolled'])
    assert.equal((await hello(agent.id))?.sessionEpoch, 1)
    const between = await findAgent(db(), agent.id)
    assert.deepEqual([between?.processId, between?.state], ['p1', 'online'])
    assert.equal((await hello(agent.id, { processId: 'p2', channels: 8 }))?.sessionEpoch, 2)
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
    await setAgentStates(db(), [{ agentId: agent.id, state: 'drained' }])
    assert.equal(await changeAgent(db(), agent.id, { groupId: other.id, weight: 5 }), true)
    assert.deepEqual(await shown(), [5, { rack: 'a' }, other.name])
  })

  test('a drain has a deadline until the agent drains no more, and never brings a revoked one back', async () => {
    const agent = await addAgent(db(), (await addGroup(db())).id)
    const shown = async () => {
      const row = await findAgent(db(), agent.id)
      return [row?.state, row?.drainUntilMs]
    }
    const startDrain = (drainUntilMs: number) =>
      setAgentStates(db(), [{ agentId: agent.id, state: 'draining', drainUntilMs }])
    await startDrain(1_700_000_000_000)
    assert.deepEqual(await shown(), ['draining', 1_700_000_000_000])
    await startDrain(1_700_000_000_001)
    await setAgentStates(db(), [{ agentId: agent.id, state: 'drained' }])
    assert.deepEqual(await shown(), ['drained', 1_700_000_000_001])
    await setAgentStates(db(), [{ agentId: agent.id, state: 'online' }])
    assert.deepEqual(await shown(), ['online', null])
    await revokeAgent(db(), agent.id)
    await startDrain(5)
    assert.deepEqual(await shown(), ['revoked', null])
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
