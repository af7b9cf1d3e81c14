import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ReadyAgents } from './ready-agents.ts'

const agent = (agentId: string, groupId: number, channels = 1) => ({
  agentId,
  groupId,
  channels,
  name: agentId,
})

test('agents are found by group, and are gone when they are not ready', () => {
  const ready = new ReadyAgents()
  ready.update('a', agent('a', 1))
  ready.update('b', agent('b', 2))
  assert.deepEqual(ready.ofGroup(1), [agent('a', 1)])
  assert.deepEqual(ready.all(), [agent('a', 1), agent('b', 2)])
  ready.update('a', null)
  assert.deepEqual([ready.ofGroup(1), ready.all(), ready.has('a')], [[], [agent('b', 2)], false])
  ready.update('a', null)
  assert.deepEqual(ready.ofGroup(7), [])
})

test('an agent that is moved, or changes, is what it is now', () => {
  const ready = new ReadyAgents()
  ready.update('a', agent('a', 1))
  assert.equal(ready.ofGroup(2).length, 0)
  ready.update('a', agent('a', 2, 8))
  assert.deepEqual([ready.ofGroup(1), ready.ofGroup(2)], [[], [agent('a', 2, 8)]])
})
