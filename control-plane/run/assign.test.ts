import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import {
  assignSlices,
  type AssignInput,
  type FreeAgent,
  newTurns,
  type SliceDemand,
} from './assign.ts'

const ALL_FIT = (): boolean => true

function demand(over: Partial<SliceDemand> & { runId: number }, slices = 10): SliceDemand {
  const pending = Array.from({ length: slices }, (_, sliceNo) => ({ sliceNo, avoidAgentId: null }))
  return { jobId: over.runId, priority: 1, pending, slots: slices, ...over }
}

function agent(agentId: string, free = 4, weight = 1): FreeAgent {
  return { agentId, free, weight }
}

function assign(over: Partial<AssignInput>) {
  const none = { demands: [], agents: [], slots: Infinity, turns: newTurns() }
  return assignSlices({ ...none, fits: ALL_FIT, ...over })
}

const anyDemand = fc.record({
  jobId: fc.integer({ min: 1, max: 4 }),
  priority: fc.integer({ min: 1, max: 8 }),
  slices: fc.nat(6),
  slots: fc.nat(6),
  avoid: fc.option(fc.constantFrom('a0', 'a1')),
})
const anyAgent = fc.record({ free: fc.nat(4), weight: fc.constantFrom(0, 1, 7, 100) })

function scene(
  demands: readonly {
    slices: number
    avoid: string | null
    jobId: number
    priority: number
    slots: number
  }[],
  agents: readonly { free: number; weight: number }[],
) {
  return {
    demands: demands.map(({ slices, avoid, ...rest }, i) => ({
      ...rest,
      runId: i,
      pending: Array.from({ length: slices }, (_, sliceNo) => ({ sliceNo, avoidAgentId: avoid })),
    })),
    agents: agents.map((each, i) => ({ ...each, agentId: `a${i}` })),
  }
}

function count<T>(items: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>()
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
  return counts
}

test('no agent gets more than its credit, no run and no group more than its slots, no slice twice', () => {
  fc.assert(
    fc.property(
      fc.array(anyDemand, { maxLength: 6 }),
      fc.array(anyAgent, { maxLength: 5 }),
      fc.nat(12),
      fc.func(fc.boolean()),
      (someDemands, someAgents, slots, reaches) => {
        const { demands, agents } = scene(someDemands, someAgents)
        const fits = (runId: number, agentId: string): boolean => reaches(runId, agentId)
        const given = assign({ demands, agents, slots, fits })
        assert(given.length <= slots)
        const byAgent = count(given.map((each) => each.agentId))
        for (const { agentId, free, weight } of agents) {
          assert((byAgent.get(agentId) ?? 0) <= (weight === 0 ? 0 : free))
        }
        const byRun = count(given.map((each) => each.runId))
        for (const { runId, slots: most } of demands) assert((byRun.get(runId) ?? 0) <= most)
        assert.equal(
          new Set(given.map((each) => `${each.runId}/${each.sliceNo}`)).size,
          given.length,
        )
        for (const { runId, agentId } of given) assert(fits(runId, agentId))
      },
    ),
  )
})

test('nothing is left over that could have been handed out', () => {
  fc.assert(
    fc.property(
      fc.array(anyDemand, { maxLength: 6 }),
      fc.array(anyAgent, { maxLength: 5 }),
      fc.nat(12),
      (someDemands, someAgents, slots) => {
        const { demands, agents } = scene(someDemands, someAgents)
        const wanted = demands.reduce((sum, { pending, slots: most }) => {
          return sum + Math.min(pending.length, most)
        }, 0)
        const credit = agents.reduce((sum, each) => sum + (each.weight === 0 ? 0 : each.free), 0)
        assert.equal(assign({ demands, agents, slots }).length, Math.min(wanted, credit, slots))
      },
    ),
  )
})

test('a larger priority has all that it wants before a smaller one has anything', () => {
  fc.assert(
    fc.property(
      fc.array(anyDemand, { maxLength: 6 }),
      fc.array(anyAgent, { maxLength: 5 }),
      (someDemands, someAgents) => {
        const { demands, agents } = scene(someDemands, someAgents)
        const given = count(assign({ demands, agents }).map((each) => each.runId))
        const isHungry = (each: SliceDemand): boolean =>
          (given.get(each.runId) ?? 0) < Math.min(each.pending.length, each.slots)
        const hungry = Math.max(0, ...demands.filter(isHungry).map((each) => each.priority))
        const served = demands.filter((each) => given.has(each.runId)).map((each) => each.priority)
        assert(Math.min(9, ...served) >= hungry)
      },
    ),
  )
})

test('within a priority jobs take turns over the rounds: none waits for more than one of each other', () => {
  const turns = newTurns()
  // Job 1 has two runs and many slices; each round has one free channel.
  const demands = [
    demand({ runId: 1, jobId: 1 }),
    demand({ runId: 2, jobId: 1 }),
    demand({ runId: 3, jobId: 2 }, 1),
    demand({ runId: 4, jobId: 3 }),
  ]
  const jobs: number[] = []
  for (let round = 0; round < 9; round++) {
    const [given] = assign({ demands, agents: [agent('a', 1)], turns })
    jobs.push(demands.find((each) => each.runId === given!.runId)!.jobId)
  }
  assert.deepEqual(jobs, [1, 2, 3, 1, 2, 3, 1, 2, 3])
})

test('whoever has the most free channels by weight gets the next slice', () => {
  const agents = [agent('small', 2, 10), agent('large', 8, 1), agent('off', 8, 0)]
  const given = assign({ demands: [demand({ runId: 1 }, 5)], agents })
  assert.deepEqual(
    given.map((each) => each.agentId),
    ['small', 'small', 'large', 'large', 'large'],
  )
})

test('the agent where a slice failed gets it again only when there is no other', () => {
  const pending = [
    { sliceNo: 0, avoidAgentId: 'a' },
    { sliceNo: 1, avoidAgentId: 'a' },
  ]
  const given = assign({
    demands: [demand({ runId: 1, pending, slots: 2 })],
    agents: [agent('a', 4), agent('b', 1)],
  })
  assert.deepEqual(
    given.map((each) => each.agentId),
    ['b', 'a'],
  )
})

test('a run that no agent can do anything for leaves the channels to others', () => {
  const given = assign({
    demands: [demand({ runId: 1, priority: 8 }), demand({ runId: 2 }, 2)],
    agents: [agent('a')],
    fits: (runId) => runId === 2,
  })
  assert.deepEqual(
    given.map((each) => each.runId),
    [2, 2],
  )
})
