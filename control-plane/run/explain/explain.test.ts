import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { GroupPolicy } from '../group-policies.ts'
import { explain } from './explain.ts'
import type { ExplainAgent, ExplainSnapshot } from './snapshot.ts'

const NOW_MS = 1_000_000
const STAGING = {
  name: 'running',
  phase: 'staging',
  uploadId: 'u',
  stepAttempts: 2,
  sessionsOpened: 1,
} as const
const FAILURE = {
  code: 'KAFKA_UNREACHABLE',
  message: 'no broker answers',
  where: {},
  cause: '',
  retry: 'BACKOFF',
  workId: 'run-7/slice-3',
  attempt: 2,
  agentId: 'a1',
  atMs: NOW_MS,
} as const
const GROUP: GroupPolicy = {
  name: 'idc',
  kind: 'custom',
  paused: false,
  bytesPerSecondMax: null,
  channelsMax: null,
  reservedJobs: [],
  reservedOwners: [],
}

function agent(over: Partial<ExplainAgent> = {}): ExplainAgent {
  return {
    name: 'a1',
    state: 'online',
    isReady: true,
    channels: 4,
    slices: 0,
    isFullOfSteps: false,
    weight: 1,
    heartbeatAtMs: NOW_MS,
    gate: { kind: 'open' },
    upgrade: null,
    ...over,
  }
}

function snapshot(over: Partial<ExplainSnapshot> = {}): ExplainSnapshot {
  return {
    nowMs: NOW_MS,
    runId: 7,
    jobName: 'orders',
    groupName: 'idc',
    priority: 1,
    state: STAGING,
    wants: 'slices',
    inFlight: 0,
    concurrent: 4,
    group: GROUP,
    isPaused: false,
    slicesInGroup: 0,
    agents: [agent()],
    others: [],
    olderRunId: null,
    refusal: null,
    lastFailure: null,
    retryAtMs: null,
    speed: null,
    ...over,
  }
}

function codes(over: Partial<ExplainSnapshot>): string[] {
  return explain(snapshot(over)).reasons.map((reason) => reason.code)
}

function fixes(over: Partial<ExplainSnapshot>): string[] {
  return explain(snapshot(over)).reasons.map((reason) => reason.fix)
}

function waitingFor(over: Partial<ExplainSnapshot>): string {
  return explain(snapshot(over)).waitingFor ?? ''
}

const closed = {
  kind: 'closed',
  datasource: 'orders-kafka',
  verdict: 'Unreachable',
  message: 'tcp: no route to host. Open port 9092.',
  testedAtMs: NOW_MS,
} as const

test('a group without agents says how to get one', () => {
  assert.deepEqual(codes({ agents: [] }), ['NO_AGENT'])
  assert.equal(waitingFor({ agents: [] }), 'resource group idc has no agent')
})

test('agents that are offline are named, with how long they have been silent', () => {
  const agents = [
    agent({ name: 'x', isReady: false, state: 'offline', heartbeatAtMs: NOW_MS - 600_000 }),
    agent({ name: 'y', isReady: false, state: 'offline', heartbeatAtMs: null }),
  ]
  assert.deepEqual(codes({ agents }), ['AGENTS_OFFLINE'])
  assert.equal(
    waitingFor({ agents }),
    'all 2 agents of resource group idc are offline: x (last seen 10 min ago), y (never seen)',
  )
})

test('agents of different fates are each told, quarantine first', () => {
  const agents = ['drained', 'quarantined', 'revoked', 'online'].map((state) =>
    agent({ name: state, isReady: false, state }),
  )
  assert.deepEqual(codes({ agents }), [
    'AGENTS_QUARANTINED',
    'AGENTS_DRAINING',
    'AGENTS_REVOKED',
    'AGENTS_NOT_READY',
  ])
})

test('where an agent is missing, the command that adds one to this group is named', () => {
  const add = 'sluice agent add --group idc prints the command for its host'
  assert.deepEqual(fixes({ agents: [] }), [`install one: ${add}; or name another group`])
  const revoked = agent({ isReady: false, state: 'revoked' })
  assert.deepEqual(fixes({ agents: [revoked] }), [`install the agent again: ${add}`])
  const full = fixes({ agents: [agent({ slices: 4 })] })
  assert.deepEqual(full, [`wait, or add an agent to the group: ${add}`])
})

test('what to do about agents that are kept from work names the agent and the command', () => {
  const kept = ['quarantined', 'drained', 'online'].map((state) =>
    agent({ name: `${state}-1`, isReady: false, state }),
  )
  assert.deepEqual(fixes({ agents: kept }), [
    'see who says to be the agent: sluice agent copies; then decide: sluice agent resolve quarantined-1 <copy> --as same (or --as new)',
    'take the drain back: sluice agent resume drained-1',
    'wait a few seconds; more is said by: sluice agent show online-1',
  ])
})

test('agents that take no work because they are upgraded are told as that, and where to see how it goes', () => {
  const upgrade = { id: 3, version: '1.1.0' }
  const agents = [
    agent({ name: 'drains', isReady: false, upgrade }),
    agent({ name: 'restarts', isReady: false, state: 'offline', upgrade }),
  ]
  const explained = explain(snapshot({ agents }))
  assert.deepEqual(explained.reasons, [
    {
      code: 'AGENTS_UPGRADING',
      title: 'agents are being upgraded',
      detail:
        'all 2 agents of resource group idc are being upgraded and take no work meanwhile: drains (to 1.1.0), restarts (to 1.1.0)',
      fix: 'wait until they are back, or see how it goes: sluice upgrade show 3',
      agents: ['drains', 'restarts'],
    },
  ])
  assert.equal(explained.waitingFor, explained.reasons[0]?.detail)
})

test('an upgrade hides neither quarantine nor drain nor silence, and stands before an agent that is just offline', () => {
  const upgrade = { id: 3, version: '1.1.0' }
  const agents = [
    ...['quarantined', 'draining', 'suspect', 'offline'].map((state) =>
      agent({ name: state, isReady: false, state, upgrade }),
    ),
    agent({ name: 'away', isReady: false, state: 'offline' }),
  ]
  const told = explain(snapshot({ agents })).reasons.map((reason) => [reason.code, reason.agents])
  assert.deepEqual(told, [
    ['AGENTS_QUARANTINED', ['quarantined']],
    ['AGENTS_UPGRADING', ['offline']],
    ['AGENTS_DRAINING', ['draining']],
    ['AGENTS_OFFLINE', ['suspect', 'away']],
  ])
})

test('weight 0 keeps slices away, and nothing else', () => {
  const agents = [agent({ weight: 0 })]
  assert.deepEqual(codes({ agents }), ['WEIGHT_ZERO'])
  assert.deepEqual(codes({ agents, wants: 'plan' }), [])
})

test('a paused group stands before what its agents are', () => {
  assert.deepEqual(codes({ isPaused: true, agents: [] }), ['GROUP_PAUSED', 'NO_AGENT'])
  assert.match(waitingFor({ isPaused: true }), /idc is paused/)
})

test('full channels name the runs that have them', () => {
  const others = [{ id: 5, jobName: 'clicks', priority: 1, slices: 4 }]
  const full = { agents: [agent({ slices: 4 })], others }
  assert.deepEqual(codes(full), ['CHANNELS_FULL'])
  assert.equal(
    waitingFor(full),
    'all 4 channels of resource group idc are busy, by run 5 of clicks (4)',
  )
})

test('runs of a higher priority are named before the channels that they have', () => {
  const others = [{ id: 5, jobName: 'clicks', priority: 8, slices: 4 }]
  assert.deepEqual(codes({ agents: [agent({ slices: 4 })], others }), ['PRIORITY', 'CHANNELS_FULL'])
})

test("a group's own limit of channels is told with its number", () => {
  const limited = { group: { ...GROUP, channelsMax: 3 }, slicesInGroup: 3 }
  assert.deepEqual(codes(limited), ['GROUP_CHANNELS_MAX'])
  assert.match(waitingFor(limited), /3 slices are in flight .* which allows 3/)
})

test('agents that cannot reach a data source block only when none can', () => {
  const shut = agent({ name: 'shut', gate: closed })
  const reasons = explain(snapshot({ agents: [shut] }))
  assert.deepEqual(
    reasons.reasons.map((reason) => [reason.code, reason.agents]),
    [['CONNECTIVITY_CLOSED', ['shut']]],
  )
  assert.match(reasons.waitingFor ?? '', /orders-kafka \(Unreachable\): shut: tcp: no route/)
  const some = explain(snapshot({ agents: [shut, agent()] }))
  assert.deepEqual([some.waitingFor, some.reasons.length], [null, 1])
})

test('while data sources are being tested the run waits for that', () => {
  const agents = [agent({ gate: { kind: 'testing', datasource: 'k' } })]
  assert.deepEqual(codes({ agents }), ['CONNECTIVITY_TESTING'])
})

test('a refusal for want of disk space says whose', () => {
  const refusal = { agentName: 'a1', kind: 'NO_DISK', reason: 'NO_DISK: 3 MB are free' }
  const [reason] = explain(snapshot({ refusal })).reasons
  assert.deepEqual(
    [reason?.code, reason?.detail, reason?.fix],
    [
      'REFUSED',
      'agent a1 takes no work: NO_DISK: 3 MB are free',
      'free disk space on the host of a1',
    ],
  )
})

test('an agent without disk space stands before agents that are away: it is offered nothing meanwhile', () => {
  const refusal = { agentName: 'a1', kind: 'NO_DISK', reason: 'NO_DISK: 3 MB are free' }
  assert.equal(codes({ refusal, agents: [] })[0], 'REFUSED')
})

test('what failed is told with when it is tried again', () => {
  const failed = { lastFailure: FAILURE, retryAtMs: NOW_MS + 4_200 }
  assert.deepEqual(codes(failed), ['BACKOFF'])
  assert.equal(
    waitingFor(failed),
    'run-7/slice-3 is tried again after attempt 2 failed: KAFKA_UNREACHABLE: no broker answers (in 5 s)',
  )
})

test('the last run of the job goes first', () => {
  assert.equal(
    waitingFor({ wants: 'plan', olderRunId: 6 }),
    'run 6 has to publish its offsets first',
  )
})

test('agents that are full of steps are told of a step, and not of slices', () => {
  const agents = [agent({ isFullOfSteps: true })]
  assert.deepEqual(codes({ agents, wants: 'open' }), ['STEPS_FULL'])
  assert.deepEqual(codes({ agents }), [])
})

test("a run that moves is told its own limit, its group's speed, or that it moves", () => {
  assert.deepEqual(codes({ inFlight: 4 }), ['JOB_CONCURRENT'])
  const speed = { inFlight: 4, speed: 2 * 1024 * 1024 }
  assert.deepEqual(codes(speed), ['JOB_CONCURRENT', 'SPEED_LIMIT'])
  assert.deepEqual(codes({ inFlight: 1, wants: null }), ['MOVING'])
  const shared = { ...speed, group: { ...GROUP, bytesPerSecondMax: 8 * 1024 * 1024 } }
  const limit = explain(snapshot(shared)).reasons[1]
  assert.match(limit?.detail ?? '', /2\.0 MB\/s at most: its share of 8\.0 MB\/s/)
  assert.equal(explain(snapshot(shared)).waitingFor, null, 'nothing is waited for')
})

test('a run that moves but could have more is told what is full', () => {
  assert.deepEqual(codes({ inFlight: 2, agents: [agent({ slices: 4 })] }), ['CHANNELS_FULL'])
})

test('a run that is over, or held, waits for nobody but a person', () => {
  const counters = { stepAttempts: 1, sessionsOpened: 1 }
  const over = explain(snapshot({ state: { name: 'failed', error: FAILURE, ...counters } }))
  assert.equal(over.reasons[0]?.detail, 'KAFKA_UNREACHABLE: no broker answers')
  const state = { name: 'held', uploadId: 'u', evidence: {}, ...counters } as const
  const [held] = explain(snapshot({ state })).reasons
  assert.match(held?.fix ?? '', /sluice run resolve 7/)
  assert.deepEqual(codes({ state: { name: 'killed', ...counters } }), ['OVER'])
})
