import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ASKED_MAX, Candidates, ENOUGH_MIN } from './candidates.ts'
import type { ConnectivityGate } from './connectivity-port.ts'
import type { ReadyAgent } from './link-port.ts'

const SOURCES = ['kafka', 'odps']

function fleet(size: number): ReadyAgent[] {
  return Array.from({ length: size }, (_, n) => ({
    agentId: `agent-${n}`,
    name: `agent-${n}`,
    groupId: 1,
    channels: 2,
  }))
}

/** Counts how often it is asked. */
class CountingGate implements ConnectivityGate {
  readonly open = new Set<string>()
  readonly asked: string[] = []

  check(agentId: string): ReturnType<ConnectivityGate['check']> {
    this.asked.push(agentId)
    return this.open.has(agentId) ? { kind: 'open' } : { kind: 'testing', datasource: 'kafka' }
  }

  onChange(): void {}
}

function finder(gate: ConnectivityGate, agents: readonly ReadyAgent[], names = SOURCES) {
  const candidates = new Candidates(gate)
  const find = (pieces = 1, isFree: (agent: ReadyAgent) => boolean = () => true): string[] =>
    candidates
      .find({ groupId: 1, agents, datasourceNames: [names], pieces, isFree })
      .map(({ agentId }) => agentId)
  return { candidates, find }
}

test('in a small group everyone who is free and open is found', () => {
  const gate = new CountingGate()
  const agents = fleet(ENOUGH_MIN)
  for (const { agentId } of agents) if (agentId !== 'agent-7') gate.open.add(agentId)
  const { find } = finder(gate, agents)
  const found = find(1, ({ agentId }) => agentId !== 'agent-3')
  assert.equal(found.length, ENOUGH_MIN - 2)
  assert.ok(!found.includes('agent-3') && !found.includes('agent-7'))
})

test('in a large group a round ends when it has enough, and the next goes on from there', () => {
  const gate = new CountingGate()
  const agents = fleet(10_000)
  const { find } = finder(gate, agents, [])
  const first = find()
  assert.equal(first.length, ENOUGH_MIN)
  assert.equal(first[0], 'agent-0')
  assert.equal(find()[0], `agent-${ENOUGH_MIN}`)
  assert.equal(find(1_000).length, 4_000)
})

test('the gate is asked of a part of the agents each round, and in time of all', () => {
  const gate = new CountingGate()
  const agents = fleet(2_000)
  const { find } = finder(gate, agents)
  assert.deepEqual(find(), [])
  assert.equal(gate.asked.length, ASKED_MAX)
  for (let round = 1; round < 4; round += 1) find()
  assert.equal(new Set(gate.asked).size, 2_000)
})

test('agents that were open are found without asking, however many others are not', () => {
  const gate = new CountingGate()
  const agents = fleet(5_000)
  gate.open.add('agent-4000')
  const { find } = finder(gate, agents)
  let rounds = 1
  while (find().length === 0) rounds += 1
  assert.ok(rounds <= 10, `${rounds} rounds`)
  gate.asked.length = 0
  for (let round = 0; round < 10; round += 1) assert.deepEqual(find(), ['agent-4000'])
  assert.ok(!gate.asked.includes('agent-4000'))
})

test('an agent that is open no more is left out once it was asked', () => {
  const gate = new CountingGate()
  gate.open.add('agent-0')
  const { candidates, find } = finder(gate, fleet(1))
  assert.deepEqual(find(), ['agent-0'])
  gate.open.clear()
  assert.equal(candidates.isOpen(SOURCES, 'agent-0'), false)
  assert.deepEqual(find(), [])
  gate.open.add('agent-0')
  assert.deepEqual(find(), ['agent-0'])
})

test('an agent that is open to one of two runs is a candidate', () => {
  const gate = new CountingGate()
  const candidates = new Candidates({
    check: (agentId, names) => (names[0] === 'mine' ? { kind: 'open' } : gate.check(agentId)),
    onChange: () => {},
  })
  const datasourceNames = [['other'], ['mine']]
  const wanted = { groupId: 1, agents: fleet(1), datasourceNames, pieces: 1, isFree: () => true }
  assert.equal(candidates.find(wanted).length, 1)
  assert.deepEqual(gate.asked, ['agent-0']) // the other run's test is begun all the same
})
