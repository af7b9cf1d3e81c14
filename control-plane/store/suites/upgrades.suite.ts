import assert from 'node:assert/strict'
import { test } from 'node:test'

import { StoreError } from '../database.ts'
import type { Database } from '../database.ts'
import { findUpgrade } from '../upgrades/find-upgrade.ts'
import { insertUpgradeAgents } from '../upgrades/insert-upgrade-agents.ts'
import { insertUpgrade } from '../upgrades/insert-upgrade.ts'
import type { NewUpgrade } from '../upgrades/insert-upgrade.ts'
import { listUpgradeAgents } from '../upgrades/list-upgrade-agents.ts'
import { listUpgrades } from '../upgrades/list-upgrades.ts'
import { renewUpgradeOrders } from '../upgrades/renew-upgrade-orders.ts'
import { saveUpgradeAgent } from '../upgrades/save-upgrade-agent.ts'
import { saveUpgrade } from '../upgrades/save-upgrade.ts'
import { addAgent, addGroup } from './rows.ts'

export function upgradesSuite(db: () => Database): void {
  const newUpgrade = (groupId: number): NewUpgrade => ({
    groupId,
    version: '1.1.0',
    state: 'running',
    drainMs: 600_000,
    soakMs: 30_000,
    healthMs: 120_000,
    window: { days: [1], from: '02:00', to: '05:00', timeZone: 'UTC' },
    createdBy: 'admin',
    createdAtMs: 5,
  })

  test('an upgrade is found, listed by group and state, and changed', async () => {
    const group = await addGroup(db())
    const input = newUpgrade(group.id)
    const id = await insertUpgrade(db(), input)
    const expected = { ...input, id, group: group.name, message: '', finishedAtMs: null }
    assert.deepEqual(await findUpgrade(db(), id), expected)
    assert.equal(await findUpgrade(db(), -1), null)
    const inGroup = { groupId: group.id, states: [], limit: 10 }
    assert.deepEqual(await listUpgrades(db(), inGroup), [expected])
    await saveUpgrade(db(), { id, state: 'done', message: 'all\0', finishedAtMs: 9 })
    const second = await insertUpgrade(db(), { ...input, window: null })
    assert.deepEqual(
      (await listUpgrades(db(), inGroup)).map((row) => [row.id, row.window, row.message]),
      [
        [second, null, ''],
        [id, input.window, 'all\uFFFD'],
      ],
    )
    const open = { groupId: null, states: ['running', 'halted'], limit: 1000 }
    const openIds = (await listUpgrades(db(), open)).map((row) => row.id)
    assert.deepEqual([openIds.includes(second), openIds.includes(id)], [true, false])
    assert.equal((await listUpgrades(db(), { ...inGroup, limit: 1 })).length, 1)
  })

  test('a group has one unfinished upgrade', async () => {
    const group = await addGroup(db())
    const id = await insertUpgrade(db(), newUpgrade(group.id))
    await saveUpgrade(db(), { id, state: 'halted', message: '', finishedAtMs: null })
    await assert.rejects(
      insertUpgrade(db(), newUpgrade(group.id)),
      (error) =>
        error instanceof StoreError && error.constraint === 'upgrades_one_unfinished_per_group',
    )
    await saveUpgrade(db(), { id, state: 'cancelled', message: '', finishedAtMs: 1 })
    await insertUpgrade(db(), newUpgrade(group.id))
  })

  test('agents take turns, and those that failed get new orders', async () => {
    const group = await addGroup(db())
    const agents = [await addAgent(db(), group.id), await addAgent(db(), group.id)]
    const [first, second] = [agents[0]!, agents[1]!]
    const upgradeId = await insertUpgrade(db(), newUpgrade(group.id))
    const ids = agents.map((agent) => agent.id)
    await insertUpgradeAgents(db(), upgradeId, ids, 6)
    const pending = await listUpgradeAgents(db(), upgradeId)
    assert.deepEqual(
      pending.map((row) => [row.agent, row.turn, row.state, row.changedAtMs]),
      agents.map((agent) => [agent.name, null, 'pending', 6]),
    )
    const change = {
      upgradeId,
      agentId: second.id,
      turn: 0,
      state: 'rolledBack',
      phase: 'RESTARTING',
      fromVersion: '1.0.0',
      message: 'it crashed',
      changedAtMs: 7,
    }
    await saveUpgradeAgent(db(), change)
    const [failed, other] = await listUpgradeAgents(db(), upgradeId)
    const { upgradeId: _, ...row } = change
    const orderId = pending[1]!.orderId
    assert.deepEqual(failed, { ...row, agent: second.name, orderId })
    await renewUpgradeOrders(db(), upgradeId, 8)
    const [retried, untouched] = await listUpgradeAgents(db(), upgradeId)
    assert.deepEqual([retried?.state, retried?.turn, retried?.phase], ['pending', 0, ''])
    assert(retried!.orderId > orderId)
    assert.deepEqual([untouched, untouched?.agentId], [other, first.id])
  })
}
