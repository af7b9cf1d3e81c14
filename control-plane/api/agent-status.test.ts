import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { AgentState } from '../store/agents/agent-row.ts'
import { agentStatus, RESTART_SHOWN_MS } from './agent-status.ts'

const NOW_MS = 1_000_000
const ready = {
  state: 'online',
  ready: true,
  freeChannels: 2,
  restartedAtMs: null,
  upgrading: false,
  nowMs: NOW_MS,
} as const

test('an agent with a free channel is available, without one busy', () => {
  assert.equal(agentStatus(ready), 'Available')
  assert.equal(agentStatus({ ...ready, freeChannels: 0 }), 'Busy')
})

test('an agent that is upgraded says so, also between its two processes', () => {
  assert.equal(agentStatus({ ...ready, ready: false, upgrading: true }), 'Upgrading')
  assert.equal(agentStatus({ ...ready, state: 'offline', upgrading: true }), 'Upgrading')
  assert.equal(agentStatus({ ...ready, state: 'suspect', upgrading: true }), 'Unreachable')
})

test('a restart is told until the agent is ready again, and not for ever', () => {
  const back = { ...ready, ready: false, restartedAtMs: NOW_MS - RESTART_SHOWN_MS + 1 }
  assert.equal(agentStatus(back), 'Restarted')
  assert.equal(agentStatus({ ...back, restartedAtMs: NOW_MS - RESTART_SHOWN_MS }), 'Busy')
  assert.equal(agentStatus({ ...back, ready: true }), 'Available')
})

test('silent, restarted and dead are three words; so is every wish of an operator', () => {
  const words: Readonly<Record<Exclude<AgentState, 'online'>, string>> = {
    suspect: 'Unreachable',
    offline: 'Stopped',
    enrolled: 'Stopped',
    draining: 'Draining',
    drained: 'Drained',
    quarantined: 'Quarantined',
    revoked: 'Revoked',
  }
  for (const [state, word] of Object.entries(words)) {
    const agent = { ...ready, ready: false, freeChannels: 0, state: state as AgentState }
    assert.equal(agentStatus(agent), word)
  }
})
