/**
 * Which agent gets which slice next, in one group. Pure, but for what `fits` is told by others.
 *
 * H1  Credit: an agent is offered no more slices than it has free channels, and none at weight 0.
 * H2  A run gets no more than its slots, a group no more than its own.
 * H3  Larger priorities first. Within one, jobs take turns, one slice each, whoever waited longest first:
 *     a job with many slices, or many runs, does not starve one that came later.
 * H4  Of the agents that fit, the one with the largest free channels x weight is taken; the agent
 *     on which the slice failed last only where there is no other.
 */
import { Heap } from '../../lib/heap.ts'
import type { DueSlice } from './slice-board.ts'

/** The turn of a job that never had one. */
const NEVER = 0

export interface SliceDemand {
  readonly runId: number
  readonly jobId: number
  /** 1 to 8. */
  readonly priority: number
  /** Slices that may be assigned now, in the order in which they should be. */
  readonly pending: readonly DueSlice[]
  /** How many more of this run may be in flight (`concurrent` less those that are). */
  readonly slots: number
}

export interface FreeAgent {
  readonly agentId: string
  /** Channels without a slice. */
  readonly free: number
  /** 0 to 100. */
  readonly weight: number
}

/** When each job had its last turn: larger is later. Bounded by the jobs that there are. */
export interface Turns {
  last: number
  readonly of: Map<number, number>
}

export function newTurns(): Turns {
  return { last: NEVER, of: new Map() }
}

export interface Assignment {
  readonly runId: number
  readonly sliceNo: number
  readonly agentId: string
}

export interface AssignInput {
  readonly demands: readonly SliceDemand[]
  readonly agents: readonly FreeAgent[]
  /** How many more slices may be in flight in the group. */
  readonly slots: number
  /** Changed here. */
  readonly turns: Turns
  /** Whether the agent can do work of this run (it can reach its data sources). */
  readonly fits: (runId: number, agentId: string) => boolean
}

interface Candidate {
  readonly agentId: string
  readonly weight: number
  free: number
}

interface Cursor {
  readonly demand: SliceDemand
  turn: number
  next: number
}

export function assignSlices({ demands, agents, slots, turns, fits }: AssignInput): Assignment[] {
  const free = new Heap<Candidate>(
    (a, b) => a.free * a.weight > b.free * b.weight,
    agents
      .filter((agent) => agent.free > 0 && agent.weight > 0) // H1
      .map((agent) => ({ ...agent })),
  )
  const waiting = new Heap<Cursor>(
    firstOf,
    demands
      .filter((demand) => demand.pending.length > 0 && demand.slots > 0)
      .map((demand) => ({ demand, turn: turns.of.get(demand.jobId) ?? NEVER, next: 0 })),
  )
  const assignments: Assignment[] = []
  while (free.size > 0 && assignments.length < slots) {
    const cursor = waiting.pop()
    if (cursor === undefined) break
    const { demand } = cursor
    if (cursor.turn !== (turns.of.get(demand.jobId) ?? NEVER)) {
      // Another run of the job has had the turn meanwhile.
      cursor.turn = turns.of.get(demand.jobId) ?? NEVER
      waiting.push(cursor)
      continue
    }
    const slice = demand.pending[cursor.next]!
    const agent = take(free, slice.avoidAgentId, (agentId) => fits(demand.runId, agentId))
    if (agent === null) continue // none fits: the run is out for this round
    assignments.push({ runId: demand.runId, sliceNo: slice.sliceNo, agentId: agent.agentId })
    agent.free -= 1
    if (agent.free > 0) free.push(agent)
    turns.last += 1
    turns.of.set(demand.jobId, turns.last)
    cursor.turn = turns.last
    cursor.next += 1
    if (cursor.next < Math.min(demand.pending.length, demand.slots)) waiting.push(cursor)
  }
  return assignments
}

/** H3. */
function firstOf(a: Cursor, b: Cursor): boolean {
  if (a.demand.priority !== b.demand.priority) return a.demand.priority > b.demand.priority
  return a.turn === b.turn ? a.demand.runId < b.demand.runId : a.turn < b.turn
}

/** H4: takes the agent out of `free`; null: none fits, and nothing was taken. */
function take(
  free: Heap<Candidate>,
  avoidAgentId: string | null,
  fits: (agentId: string) => boolean,
): Candidate | null {
  const passed: Candidate[] = []
  let avoided: Candidate | null = null
  let found: Candidate | null = null
  while (found === null) {
    const candidate = free.pop()
    if (candidate === undefined) break
    if (!fits(candidate.agentId)) passed.push(candidate)
    else if (candidate.agentId === avoidAgentId) avoided = candidate
    else found = candidate
  }
  for (const candidate of passed) free.push(candidate)
  if (found === null) return avoided
  if (avoided !== null) free.push(avoided)
  return found
}
