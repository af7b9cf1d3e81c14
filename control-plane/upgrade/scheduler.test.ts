import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Campaign, Turn } from './campaign.ts'
import { LOST_MS, nextCommand } from './scheduler.ts'
import type { AgentHealth, CampaignCommand } from './scheduler.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z') // a Monday
const MINUTE = 60_000

function turnOf(agent: string, over: Partial<Turn> = {}): Turn {
  return {
    agentId: agent,
    agent,
    orderId: 1,
    turn: null,
    state: 'pending',
    phase: '',
    fromVersion: '1.0.0',
    message: '',
    changedAtMs: NOW - 60 * MINUTE,
    ...over,
  }
}

function campaignOf(turns: readonly Turn[], over: Partial<Campaign> = {}): Campaign {
  return {
    id: 1,
    groupId: 1,
    group: 'idc',
    version: '1.1.0',
    state: 'running',
    drainMs: 10 * MINUTE,
    soakMs: 30_000,
    healthMs: 2 * MINUTE,
    window: null,
    message: '',
    createdBy: 'admin',
    createdAtMs: NOW,
    finishedAtMs: null,
    turns,
    ...over,
  }
}

const ONLINE: AgentHealth = {
  version: '1.0.0',
  arch: 'x64',
  onlineSinceMs: NOW - 120 * MINUTE,
  heardAtMs: NOW,
  isReady: true,
  works: 0,
}
const AWAY: AgentHealth = { ...ONLINE, onlineSinceMs: null, isReady: false }

function next(
  campaign: Campaign,
  agents: Readonly<Record<string, AgentHealth>>,
  nowMs = NOW,
): CampaignCommand {
  return nextCommand(campaign, (agentId) => agents[agentId] ?? null, nowMs)
}

test('the canary is the least busy agent that is ready', () => {
  const campaign = campaignOf([turnOf('a'), turnOf('b'), turnOf('c'), turnOf('d')])
  const agents = {
    a: { ...ONLINE, works: 3 },
    b: { ...ONLINE, works: 1 },
    c: { ...ONLINE, works: 0, isReady: false }, // drained by someone
    d: AWAY,
  }
  assert.deepEqual(next(campaign, agents), { kind: 'begin', agentId: 'b', turn: 0 })
})

test('while an agent is under way no other begins', () => {
  const campaign = campaignOf([
    turnOf('a', { state: 'underway', phase: 'FETCHING', turn: 0 }),
    turnOf('b'),
  ])
  const at = NOW - 59 * MINUTE
  assert.deepEqual(next(campaign, { a: ONLINE, b: ONLINE }, at), {
    kind: 'say',
    state: 'running',
    message: 'agent a is being upgraded',
  })
  const said = { ...campaign, message: 'agent a is being upgraded' }
  assert.deepEqual(next(said, { a: ONLINE, b: ONLINE }, at), { kind: 'nothing' })
})

test('the next begins only after the one before was healthy for the soak time, without a break', () => {
  const campaign = campaignOf([
    turnOf('a', { state: 'done', turn: 0, changedAtMs: NOW - 30_000 }),
    turnOf('b'),
  ])
  const begins = { kind: 'begin', agentId: 'b', turn: 1 }
  assert.deepEqual(next(campaign, { a: ONLINE, b: ONLINE }), begins)
  assert.equal(next(campaign, { a: ONLINE, b: ONLINE }, NOW - 1).kind, 'say')
  const reconnected = { ...ONLINE, onlineSinceMs: NOW - 29_999 }
  assert.equal(next(campaign, { a: reconnected, b: ONLINE }).kind, 'say')
  assert.deepEqual(next(campaign, { a: reconnected, b: ONLINE }, NOW + 1), begins)
  assert.equal(next(campaign, { a: AWAY, b: ONLINE }).kind, 'say')
})

test('an agent that rolled back, refused or was lost halts the campaign', () => {
  for (const [state, words] of [
    ['rolledBack', 'rolled back'],
    ['refused', 'refused'],
    ['lost', 'was lost'],
  ] as const) {
    const campaign = campaignOf([turnOf('a', { state, message: 'why' }), turnOf('b')])
    const message = `agent a ${words}: why`
    assert.deepEqual(next(campaign, { a: ONLINE, b: ONLINE }), { kind: 'halt', message })
  }
})

test('halted, done and cancelled campaigns do nothing', () => {
  for (const state of ['halted', 'done', 'cancelled'] as const) {
    const campaign = campaignOf([turnOf('a')], { state })
    assert.deepEqual(next(campaign, { a: ONLINE }), { kind: 'nothing' })
  }
})

test('agents that run the version already, or are gone, are skipped', () => {
  const campaign = campaignOf([turnOf('a'), turnOf('b')])
  const runsIt = { ...ONLINE, version: '1.1.0' }
  const skipped = { kind: 'settle', agentId: 'a', state: 'skipped' }
  assert.deepEqual(next(campaign, { a: runsIt, b: ONLINE }), {
    ...skipped,
    message: 'runs 1.1.0 already',
  })
  assert.deepEqual(next(campaign, { b: ONLINE }), { ...skipped, message: 'revoked or deleted' })
})

test('an agent that is silent for ten minutes in the middle is lost, counted from the start of the control plane', () => {
  const campaign = campaignOf([turnOf('a', { state: 'underway', phase: 'RESTARTING', turn: 0 })])
  const silent = (ms: number): AgentHealth => ({ ...AWAY, heardAtMs: NOW - ms })
  assert.equal(next(campaign, { a: silent(LOST_MS - 1) }).kind, 'say')
  const lost = next(campaign, { a: silent(LOST_MS) })
  assert.deepEqual(lost, {
    kind: 'settle',
    agentId: 'a',
    state: 'lost',
    message: 'not heard of for 10 minutes during its upgrade',
  })
  // The order is an hour old, but this process listens only for a minute.
  assert.equal(next(campaign, { a: silent(MINUTE) }).kind, 'say')
})

test('a connected agent that does not answer, or makes no progress, is lost after a while', () => {
  const cases: readonly (readonly [Turn['phase'], number])[] = [
    ['', 2 * MINUTE],
    ['FETCHING', 60 * MINUTE],
    ['DRAINING', 20 * MINUTE],
    ['RESTARTING', 12 * MINUTE],
  ]
  for (const [phase, afterMs] of cases) {
    const changedAtMs = NOW - afterMs
    const campaign = campaignOf([turnOf('a', { state: 'underway', phase, turn: 0, changedAtMs })])
    assert.equal(next(campaign, { a: ONLINE }, NOW - 1).kind, 'say', phase)
    assert.equal(next(campaign, { a: ONLINE }).kind, 'settle', phase)
    // After a restart of the control plane the time starts anew.
    const back = { ...ONLINE, onlineSinceMs: NOW - 1 }
    assert.equal(next(campaign, { a: back }).kind, 'say', phase)
  }
})

test('an upgraded agent that does not come back while it is watched is lost', () => {
  const campaign = campaignOf([
    turnOf('a', { state: 'done', turn: 0, changedAtMs: NOW - LOST_MS }),
    turnOf('b'),
  ])
  const silent = { ...AWAY, heardAtMs: NOW - LOST_MS }
  const lost = next(campaign, { a: silent, b: ONLINE })
  assert(lost.kind === 'settle' && lost.state === 'lost')
})

test('outside of its window no turn begins, and one that has begun goes on', () => {
  const window = { days: [1], from: '12:30', to: '13:00', timeZone: 'UTC' }
  const campaign = campaignOf([turnOf('a')], { window })
  const waits = { kind: 'say', state: 'waiting' } as const
  const message = 'waits for its window, which opens at 2026-11-23T12:30:00.000Z'
  assert.deepEqual(next(campaign, { a: ONLINE }), { ...waits, message })
  const opensMs = NOW + 30 * MINUTE
  assert.equal(next(campaign, { a: ONLINE }, opensMs - 1).kind, 'say')
  assert.equal(next(campaign, { a: ONLINE }, opensMs).kind, 'begin')
  assert.equal(next(campaign, { a: ONLINE }, opensMs + 30 * MINUTE - 1).kind, 'begin')
  const closed = next(campaign, { a: ONLINE }, opensMs + 30 * MINUTE)
  assert(closed.kind === 'say' && closed.state === 'waiting')
  const begun = campaignOf(
    [turnOf('a', { state: 'underway', phase: 'FETCHING', changedAtMs: NOW })],
    { window },
  )
  const goesOn = next(begun, { a: ONLINE }, NOW + MINUTE)
  assert(goesOn.kind === 'say' && goesOn.state === 'running')
})

test('agents that are away are waited for, by name; the campaign ends when none is left', () => {
  const away = campaignOf([turnOf('a', { state: 'skipped' }), turnOf('b')])
  const waits = next(away, { a: AWAY, b: AWAY })
  assert(waits.kind === 'say')
  assert.equal(waits.message, 'waits for agents that are not connected: b')
  const over = campaignOf([
    turnOf('a', { state: 'done', turn: 0 }),
    turnOf('b', { state: 'skipped' }),
  ])
  assert.deepEqual(next(over, { a: ONLINE }), {
    kind: 'finish',
    message: '1 of 2 agents were upgraded to 1.1.0, 1 skipped',
  })
})
