/**
 * How many slices a second the coordinator hands out on the embedded store, and how long a free channel
 * waits for its next slice ("ready to accepted"). Agents are functions here: no link, no data.
 *
 * node bench/coordinator.bench.ts [--runs 40] [--slices 500] [--agents 320] [--channels 4] [--work-ms 1000]
 */
import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'

import { storeJob, TEST_KEY, testJob } from '../control-plane/run/job-text.test-support.ts'
import type { AgentLink, ReadyAgent, WorkEvents, WorkRef } from '../control-plane/run/link-port.ts'
import { openRuns } from '../control-plane/run/open-runs.ts'
import { insertAgent } from '../control-plane/store/agents/insert-agent.ts'
import { insertGroup } from '../control-plane/store/resource-groups/insert-group.ts'
import { takeOver } from '../control-plane/store/take-over.ts'
import { openTestStore } from '../control-plane/store/test-store.ts'
import type { AssignInput } from '../proto/gen/sluice/agent/v1/Assign.ts'
import type { Result } from '../proto/gen/sluice/agent/v1/Result.ts'

type Work = AssignInput & WorkRef
type Outcome = Omit<Result, 'workId' | 'attempt' | 'finishedAtMs'>

const CONCURRENT = 32
const RECORD_BYTES = 1_000_000
const SWEEP_MS = 1_000

class Agents implements AgentLink {
  readonly agents: readonly ReadyAgent[]
  readonly waitsMs: number[] = []
  events: WorkEvents | null = null
  assigned = 0
  readonly #workMs: number
  readonly #slices: number
  /** When each free channel became free, by agent. */
  readonly #freeSince = new Map<string, number[]>()
  /** Frames of one agent are taken in one after the other. */
  readonly #queues = new Map<string, Promise<unknown>>()

  constructor(agents: readonly ReadyAgent[], workMs: number, slices: number) {
    this.agents = agents
    this.#workMs = workMs
    this.#slices = slices
  }

  assign(agentId: string, work: Work): boolean {
    const { workId, attempt } = work
    if (!work.slice) {
      this.#push(agentId, async () => {
        await this.events!.accepted(agentId, work)
        await this.#result(agentId, work, this.#step(work))
      })
      return true
    }
    this.assigned += 1
    setImmediate(() => {
      this.#push(agentId, () => this.events!.accepted(agentId, { workId, attempt }))
      const since = this.#freeSince.get(agentId)?.shift()
      if (since !== undefined) this.waitsMs.push(performance.now() - since)
    })
    // Spread, as real slices are.
    setTimeout(
      () => {
        const free = this.#freeSince.get(agentId) ?? []
        this.#freeSince.set(agentId, free)
        free.push(performance.now())
        const figures = { rows: 1, dirtyRecords: 0, bytesRead: 1, bytesSent: 1, milliseconds: 1 }
        const slice = { ...figures, dirty: [], notes: [] }
        this.#push(agentId, () => this.#result(agentId, work, { outcome: 'slice', slice }))
      },
      this.#workMs * (0.5 + Math.random()),
    )
    return true
  }

  cancel(): void {}

  updateSpeed(): boolean {
    return true
  }

  readyAgents(): readonly ReadyAgent[] {
    return this.agents
  }

  isLost(): boolean {
    return false
  }

  #push(agentId: string, task: () => Promise<unknown>): void {
    const tail = this.#queues.get(agentId) ?? Promise.resolve()
    this.#queues.set(agentId, tail.then(task))
  }

  #result(agentId: string, { workId, attempt }: WorkRef, outcome: Outcome): Promise<void> {
    return this.events!.result(agentId, { ...outcome, workId, attempt, finishedAtMs: 0 })
  }

  #step(work: Work): Outcome {
    const columns = [{ name: 'v', type: 'string', nullable: true }]
    if (work.plan) {
      const range = { topicPartition: 0, startOffset: 0, endOffset: this.#slices }
      const sampled = { leaderEpoch: 0, logStartOffset: 0, sampledRecordBytes: RECORD_BYTES }
      const plan = { topicId: 't', ranges: [{ ...range, ...sampled }], tableColumns: columns }
      const rest = { partitionKeys: [], transactional: false, notes: [], topicPartitions: 1 }
      return { outcome: 'plan', plan: { ...plan, ...rest } }
    }
    if (work.open) {
      const open = { uploadId: randomUUID(), columns, maxFieldBytes: 8_388_608, notes: [] }
      return { outcome: 'open', open }
    }
    if (work.verify) {
      const blockIds = Array.from({ length: this.#slices }, (_, i) => i)
      return { outcome: 'verify', verify: { sessionStatus: 'normal', blockIds } }
    }
    if (work.complete) {
      const complete = { outcome: 'COMMITTED', sessionStatus: 'closed', evidence: '' } as const
      return { outcome: 'complete', complete: { ...complete, notes: [] } }
    }
    return { outcome: 'publish', publish: {} }
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '40' },
      slices: { type: 'string', default: '500' },
      agents: { type: 'string', default: '320' },
      channels: { type: 'string', default: '4' },
      'work-ms': { type: 'string', default: '1000' },
    },
  })
  const [runs, slices, channels] = [values.runs, values.slices, values.channels].map(Number) as [
    number,
    number,
    number,
  ]
  const store = await openTestStore()
  try {
    const groupId = await insertGroup(store.db, { name: 'idc', description: '', createdAtMs: 0 })
    const agents = Array.from({ length: Number(values.agents) }, (_, i) => {
      return { agentId: randomUUID(), groupId, name: `agent-${i}`, channels }
    })
    for (const { agentId: id, name } of agents) {
      const agent = { id, name, groupId, publicKeyHash: id, facts: {}, createdAtMs: 0 }
      await insertAgent(store.db, agent)
    }
    const link = new Agents(agents, Number(values['work-ms']), slices)
    const {
      coordinator,
      runs: api,
      log,
    } = openRuns({
      db: store.db,
      epoch: await takeOver(store.db, 0),
      key: TEST_KEY,
      link,
      defaultTimeZone: 'UTC',
      sliceBytesMax: RECORD_BYTES,
      upgrading: () => null,
      nowMs: Date.now,
      agentName: (id) => id,
      onFatal: (error) => {
        throw error
      },
    })
    link.events = coordinator.events
    const sweep = setInterval(() => coordinator.sweep(), SWEEP_MS)
    const setting = { errorLimit: { record: '0' }, speed: { concurrent: CONCURRENT } }
    const ids: number[] = []
    const startedMs = performance.now()
    const cpu = process.cpuUsage()
    for (let i = 0; i < runs; i++) {
      await storeJob(store.db, `job-${i}`, testJob({ setting }))
      const params = {
        jobName: `job-${i}`,
        groupName: null,
        params: {},
        cycTimeMs: null,
        priority: null,
        owner: '',
      }
      const started = await api.start(params)
      if (!started.ok) throw new Error(started.refusal.message)
      ids.push(started.value.runId)
    }
    const allStartedMs = performance.now() - startedMs
    while (ids.some((id) => coordinator.find(id) !== null)) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    clearInterval(sweep)
    await coordinator.idle()
    await log.settled()
    const seconds = (performance.now() - startedMs) / 1000
    const { user, system } = process.cpuUsage(cpu)
    const states = new Set<string>()
    for (const id of ids) states.add((await api.progress(id))!.state)
    const waits = link.waitsMs.sort((a, b) => a - b)
    const at = (share: number): number => Math.round(waits[Math.floor(waits.length * share)] ?? 0)
    process.stdout.write(
      `${JSON.stringify({
        runs,
        slices,
        states: [...states],
        assigned: link.assigned,
        seconds: Number(seconds.toFixed(1)),
        startSeconds: Number((allStartedMs / 1000).toFixed(1)),
        assignmentsPerSecond: Math.round(link.assigned / seconds),
        p50Ms: at(0.5),
        p99Ms: at(0.99),
        cpuSeconds: Number(((user + system) / 1e6).toFixed(1)),
      })}\n`,
    )
  } finally {
    await store.remove()
  }
}

await main()
