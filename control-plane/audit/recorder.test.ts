import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import { pino } from 'pino'

import { ManualClock } from '../../lib/manual-clock.ts'
import type { NewAuditEvent } from '../store/audit-events/insert-audit-events.ts'
import { StoreError } from '../store/database.ts'
import { AUDIT_QUEUE_MAX, createAuditRecorder } from './recorder.ts'

function recording() {
  const clock = new ManualClock(7_000)
  const batches: NewAuditEvent[][] = []
  const lines: string[] = []
  const state = { error: null as Error | null }
  const { audit, close } = createAuditRecorder({
    write: async (events) => {
      if (state.error !== null) throw state.error
      batches.push([...events])
    },
    clock,
    log: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }),
  })
  const say = (message: string): void =>
    audit({ kind: 'agent.drained', actor: 'admin', agentId: 'no uuid', message })
  const stored = (): string[] => batches.flat().map((event) => event.message)
  return { clock, batches, state, audit, close, say, stored, logged: () => lines.join('') }
}

const AWAY = new StoreError('UNAVAILABLE', 'the store is away')

test('what is recorded at once is written as one batch, in order', async () => {
  const { audit, say, close, batches, stored } = recording()
  for (const message of ['a', 'b', 'c']) say(message)
  audit({ kind: 'group.created', actor: 'ci', group: 'idc', message: 'd', detail: { mbps: 5 } })
  await close()
  assert.deepEqual(stored(), ['a', 'b', 'c', 'd'])
  assert.equal(batches.length, 1)
  assert.deepEqual(batches[0]?.[3], {
    atMs: 7_000,
    kind: 'group.created',
    actor: 'ci',
    agentId: null,
    groupName: 'idc',
    peer: null,
    message: 'd',
    detail: { mbps: 5 },
  })
  assert.equal(batches[0]?.[0]?.agentId, null)
})

test('an outage of the store loses nothing that the queue can hold', async () => {
  const { clock, state, say, stored, close } = recording()
  state.error = AWAY
  say('a')
  await setImmediate()
  say('b')
  state.error = null
  clock.advance(1_000)
  await close()
  assert.deepEqual(stored(), ['a', 'b'])
})

test('what the queue cannot hold is counted, in the log and as an event', async () => {
  const { clock, state, say, close, stored, logged } = recording()
  state.error = AWAY
  for (let number = 0; number < AUDIT_QUEUE_MAX + 3; number++) say(String(number))
  await setImmediate()
  state.error = null
  clock.advance(1_000)
  await close()
  assert.equal(stored().length, AUDIT_QUEUE_MAX + 1)
  assert.ok(stored().some((message) => message.startsWith('3 audit events were dropped')))
  assert.match(logged(), /the queue is full/)
})

test('a batch that can never be stored does not hold up the next one', async () => {
  const { state, say, close, stored, logged } = recording()
  state.error = new StoreError('FAILED', 'no such column')
  say('a')
  await setImmediate()
  state.error = null
  say('b')
  await close()
  assert.deepEqual(stored(), ['b'])
  assert.match(logged(), /cannot be stored/)
})

test('a message and a detail have their bounds', async () => {
  const { audit, close, batches } = recording()
  const detail = { text: 'x'.repeat(10_000) }
  audit({ kind: 'access.refused', actor: 'agent', message: 'y'.repeat(10_000), detail })
  await close()
  const event = batches[0]?.[0]
  assert.ok(event !== undefined && event.message.length < 2_100)
  assert.deepEqual(event.detail, { leftOut: '10011 characters of detail' })
})
