import assert from 'node:assert/strict'
import { test } from 'node:test'

import { PLAIN_GROUP } from '../store/resource-groups/group-row.ts'
import { changedGroup, groupProblem, groupStatus } from './group-rules.ts'

const exclusive = { ...PLAIN_GROUP, kind: 'exclusive', reservedJobs: ['orders'] } as const

test('what a change does not name stays, and null takes a limit away', () => {
  const limited = { ...PLAIN_GROUP, mbpsMax: 50, channelsMax: 8, labels: { idc: 'hz' } }
  assert.deepEqual(changedGroup(limited, {}), limited)
  assert.deepEqual(changedGroup(limited, { mbpsMax: null }), { ...limited, mbpsMax: null })
  const labels = { zone: 'b' }
  assert.deepEqual(changedGroup(limited, { labels, paused: true }).labels, labels)
})

test('only an exclusive group is reserved, and it is reserved to somebody', () => {
  assert.equal(groupProblem(null, PLAIN_GROUP), null)
  assert.equal(groupProblem(null, exclusive), null)
  assert.match(groupProblem(null, { ...exclusive, reservedJobs: [] }) ?? '', /at least one job/)
  const open = { ...PLAIN_GROUP, reservedOwners: ['ci'] }
  assert.match(groupProblem(null, open) ?? '', /open to all/)
})

test('a group that is exclusive no more is open to all, and the default group never is exclusive', () => {
  const opened = changedGroup(exclusive, { kind: 'custom' })
  assert.deepEqual([opened.reservedJobs, groupProblem(exclusive, opened)], [[], null])
  const first = { ...PLAIN_GROUP, kind: 'default' } as const
  const taken = changedGroup(first, { kind: 'exclusive', reservedJobs: ['orders'] })
  assert.match(groupProblem(first, taken) ?? '', /stays the default group/)
})

test('a group has one word', () => {
  const idle = { paused: false, agents: 2, agentsReady: 1, channelsFree: 3 }
  assert.equal(groupStatus(idle), 'Available')
  assert.equal(groupStatus({ ...idle, channelsFree: 0 }), 'Busy')
  assert.equal(groupStatus({ ...idle, agentsReady: 0, channelsFree: 0 }), 'Unavailable')
  assert.equal(groupStatus({ ...idle, paused: true }), 'Paused')
  assert.equal(groupStatus({ ...idle, agents: 0 }), 'Empty')
})
