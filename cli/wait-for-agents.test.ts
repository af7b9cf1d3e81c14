import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Agent, AgentStatus } from '../control-plane/api/shapes/agent.ts'
import type { WaitingServer } from '../control-plane/api/shapes/server.ts'
import { waitingForAgent, waitingForGroup } from './wait-for-agents.ts'

const agent = (name: string, status: AgentStatus, state: Agent['state'] = 'offline'): Agent =>
  ({ name, status, state, channels: 4 }) as Agent
const server = (name: string | null, status: WaitingServer['status']): WaitingServer =>
  ({ name, status, ip: null, uuid: null, usesLeft: 3 }) as WaitingServer

test('each step on the way to Available is named while it is missing', () => {
  const says = (...args: Parameters<typeof waitingForAgent>): string => {
    const { kind, message } = waitingForAgent(...args)
    return `${kind} ${message}`
  }
  assert.match(says('a', null, []), /^waiting there is no agent a yet: add it/)
  assert.match(says('a', null, [server('a', 'NotInstalled')]), /^waiting a is not installed yet/)
  assert.match(says('a', null, [server('a', 'Expired')]), /^failed the token of a was not used/)
  assert.match(says('a', agent('a', 'Stopped', 'enrolled'), []), /has not connected yet/)
  assert.match(says('a', agent('a', 'Stopped'), []), /^waiting agent a is stopped: start/)
  assert.match(says('a', agent('a', 'Unreachable'), []), /^waiting agent a is silent/)
  assert.match(says('a', agent('a', 'Restarted'), []), /^waiting agent a has restarted/)
  assert.match(says('a', agent('a', 'Drained'), []), /^failed .*sluice agent resume a/)
  assert.match(says('a', agent('a', 'Quarantined'), []), /^failed /)
  assert.equal(says('a', agent('a', 'Available'), []), 'done Agent a is Available: 4 channels.')
  assert.equal(says('a', agent('a', 'Busy'), []), 'done Agent a is Busy: 4 channels.')
})

test('a group is there when enough of its agents are', () => {
  const agents = [agent('a', 'Available'), agent('b', 'Stopped'), agent('c', 'Busy')]
  assert.equal(waitingForGroup('g', 2, agents, []).kind, 'done')
  const { kind, message } = waitingForGroup('g', 4, agents, [server(null, 'NotInstalled')])
  assert.equal(kind, 'waiting')
  assert.equal(
    message,
    '2 of 4 agents of group g are available: b: Stopped, 3 unnamed servers: not installed yet',
  )
  assert.match(waitingForGroup('g', 1, [], []).message, /sluice agent add/)
})
