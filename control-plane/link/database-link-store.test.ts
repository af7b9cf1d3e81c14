import assert from 'node:assert/strict'
import { test } from 'node:test'

import { addAgent, addGroup } from '../store/suites/rows.ts'
import { openTestStore } from '../store/test-store.ts'
import { databaseLinkStore } from './database-link-store.ts'

test('of states that are written side by side the last one stays, a drain with its deadline', async (t) => {
  const testStore = await openTestStore()
  t.after(() => testStore.remove())
  const { db } = testStore
  const store = databaseLinkStore(db)
  const { id } = await addAgent(db, (await addGroup(db)).id)
  const shown = async () => {
    const agent = await store.findAgent(id)
    return [agent?.state, agent?.drainUntilMs]
  }
  await Promise.all([store.setAgentState(id, 'suspect'), store.startDrain(id, 7_000)])
  assert.deepEqual(await shown(), ['draining', 7_000])
  await Promise.all([store.startDrain(id, 8_000), store.setAgentState(id, 'drained')])
  assert.deepEqual(await shown(), ['drained', 8_000])
  await Promise.all([store.startDrain(id, 9_000), store.setAgentState(id, 'offline')])
  assert.deepEqual(await shown(), ['offline', null])
})
