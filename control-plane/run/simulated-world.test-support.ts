/**
 * Agents and MaxCompute as a model, for coordinator tests: seeded, no clock, no network. Agents die,
 * forget, answer late or twice; sessions get lost; replies to commits get lost. The table at the end
 * says whether every offset is there exactly once.
 */
import type { AssignInput } from '../../proto/gen/sluice/agent/v1/Assign.ts'
import type { Result } from '../../proto/gen/sluice/agent/v1/Result.ts'
import type { AgentLink, ReadyAgent, WorkEvents, WorkRef } from './link-port.ts'

type Work = AssignInput & WorkRef
type Outcome = Omit<Result, 'workId' | 'attempt' | 'finishedAtMs'>

interface UploadSession {
  status: 'normal' | 'closed' | 'expired'
  readonly overwrite: boolean
  /** Block id → offsets, as `topicPartition:offset`. */
  readonly blocks: Map<number, string[]>
}

export interface GivenWork extends WorkRef {
  readonly agentId: string
  /** Of a slice; '' of a step. */
  readonly uploadId: string
  readonly bytesPerSecond: number
}

export interface Faults {
  /** Chance of each, a piece of work: 0..1. */
  readonly reject: number
  readonly loseAgent: number
  readonly fail: number
  readonly sessionLost: number
  readonly lostCommitReply: number
}

export const NO_FAULTS: Faults = {
  reject: 0,
  loseAgent: 0,
  fail: 0,
  sessionLost: 0,
  lostCommitReply: 0,
}

export class SimulatedWorld implements AgentLink {
  readonly topicPartitions: number[]
  /** Of each topic partition that does not start at 0. */
  readonly logStarts: number[] = []
  readonly agents: ReadyAgent[]
  readonly sessions = new Map<string, UploadSession>()
  /** `topicPartition:offset` → times it is in the table. */
  readonly table = new Map<string, number>()
  readonly published: { topicPartition: number; offset: number }[] = []
  readonly cancelled: WorkRef[] = []
  readonly speeds: { agentId: string; workId: string; bytesPerSecond: number }[] = []
  dirtyAt: string | null = null
  faults: Faults
  events: WorkEvents | null = null
  #queue: { agentId: string; work: Work }[] = []
  readonly #random: () => number
  #sessionNo = 0

  constructor(options: {
    groupId: number
    agentIds: readonly string[]
    /** Log end of each topic partition. */
    topicPartitions: number[]
    faults: Faults
    random: () => number
  }) {
    this.topicPartitions = options.topicPartitions
    this.faults = options.faults
    this.#random = options.random
    this.agents = options.agentIds.map((agentId) => {
      return { agentId, groupId: options.groupId, name: agentId.slice(0, 8), channels: 2 }
    })
  }

  assign(agentId: string, work: Work): boolean {
    this.#queue.push({ agentId, work })
    return true
  }

  cancel(_agentId: string, ref: WorkRef): void {
    this.cancelled.push(ref)
  }

  updateSpeed(agentId: string, ref: WorkRef, bytesPerSecond: number): boolean {
    this.speeds.push({ agentId, workId: ref.workId, bytesPerSecond })
    return true
  }

  readyAgents(): readonly ReadyAgent[] {
    return this.agents
  }

  isLost(): boolean {
    return false
  }

  get idle(): boolean {
    return this.#queue.length === 0
  }

  /** What agents were given and have not carried out, oldest first; `uploadId` of slices. */
  get given(): readonly GivenWork[] {
    return this.#queue.map(({ agentId, work }) => {
      const { workId, attempt, slice } = work
      const uploadId = slice?.uploadId ?? ''
      return {
        agentId,
        workId,
        attempt,
        uploadId,
        bytesPerSecond: Number(slice?.bytesPerSecond ?? 0),
      }
    })
  }

  /** Carries out one piece of work, with whatever goes wrong. */
  step(): Promise<void> {
    return this.#carryOut(Math.floor(this.#random() * this.#queue.length))
  }

  /** The first of its kind; nothing when there is none. */
  async stepOf(isWanted: (work: Work) => boolean): Promise<void> {
    const index = this.#queue.findIndex(({ work }) => isWanted(work))
    if (index >= 0) await this.#carryOut(index)
  }

  async #carryOut(index: number): Promise<void> {
    const [taken] = this.#queue.splice(index, 1)
    if (taken === undefined || this.events === null) return
    const { agentId, work } = taken
    const ref = { workId: work.workId, attempt: work.attempt }
    if (this.#happens(this.faults.reject)) return this.events.rejected(agentId, ref, 'FULL')
    await this.events.accepted(agentId, ref)
    if (this.#happens(this.faults.loseAgent / 2)) return this.#lose(agentId)
    const result = this.#execute(work)
    if (this.#happens(this.faults.loseAgent)) return this.#lose(agentId)
    if (work.complete && this.#happens(this.faults.lostCommitReply)) return this.#lose(agentId)
    await this.events.result(agentId, { ...result, ...ref, finishedAtMs: 0 })
    if (this.#happens(0.1)) {
      await this.events.result(agentId, { ...result, ...ref, finishedAtMs: 0 })
    }
  }

  /** All agents come back, as after a new start of the control plane: results under way are gone. */
  async reconnect(): Promise<void> {
    for (const { agentId } of this.agents) await this.#comeBack(agentId)
  }

  /** The agent is declared lost, or it comes back having forgotten everything but what is queued. */
  async #lose(agentId: string): Promise<void> {
    if (this.#happens(0.5)) return this.events!.agentLost(agentId, 'its lease is over')
    await this.#comeBack(agentId)
  }

  async #comeBack(agentId: string): Promise<void> {
    const refs = this.#queue.filter((item) => item.agentId === agentId).map(({ work }) => work)
    const verdicts = await this.events!.reconcile(agentId, refs, [])
    const stopped = new Set(refs.filter((_, i) => verdicts.inflight[i] === 'STOP'))
    this.#queue = this.#queue.filter(({ work }) => !stopped.has(work))
  }

  #execute(work: Work): Outcome {
    if (this.#happens(this.faults.fail)) return failed('KAFKA_UNREACHABLE', 'BACKOFF')
    if (work.plan) return this.#plan(work.plan)
    if (work.open) return this.#open(work.open.overwrite ?? false)
    if (work.slice) return this.#slice(work.slice)
    if (work.verify) {
      const session = this.sessions.get(work.verify.uploadId ?? '')!
      const blockIds = [...session.blocks.keys()].sort((a, b) => a - b)
      return { outcome: 'verify', verify: { sessionStatus: session.status, blockIds } }
    }
    if (work.complete) return this.#complete(work.complete.uploadId ?? '')
    for (const offset of work.publish?.offsets ?? []) {
      this.published.push({ topicPartition: offset.topicPartition!, offset: Number(offset.offset) })
    }
    return { outcome: 'publish', publish: {} }
  }

  #plan(spec: NonNullable<AssignInput['plan']>): Outcome {
    const ledger = new Map(
      (spec.ledger ?? []).map((row) => [row.topicPartition!, Number(row.offset)]),
    )
    const ranges = this.topicPartitions.map((logEnd, topicPartition) => {
      const logStartOffset = this.logStarts[topicPartition] ?? 0
      const known = spec.begin?.ledger ? ledger.get(topicPartition) : undefined
      return {
        topicPartition,
        startOffset: known ?? logStartOffset,
        endOffset: Math.min(logEnd, Number(spec.end?.offset ?? logEnd)),
        leaderEpoch: 0,
        logStartOffset,
        sampledRecordBytes: 1_000_000,
      }
    })
    const tableColumns = [{ name: 'v', type: 'string', nullable: true }]
    const topicPartitions = ranges.length
    return {
      outcome: 'plan',
      plan: {
        topicId: 'topic-1',
        ranges,
        tableColumns,
        partitionKeys: [],
        transactional: false,
        notes: [],
        topicPartitions,
      },
    }
  }

  #open(overwrite: boolean): Outcome {
    this.#sessionNo += 1
    const uploadId = `session-${this.#sessionNo}`
    this.sessions.set(uploadId, { status: 'normal', overwrite, blocks: new Map() })
    const columns = [{ name: 'v', type: 'string', nullable: true }]
    return { outcome: 'open', open: { uploadId, columns, maxFieldBytes: 8_388_608, notes: [] } }
  }

  #slice(spec: NonNullable<AssignInput['slice']>): Outcome {
    const session = this.sessions.get(spec.uploadId ?? '')!
    if (session.status === 'normal' && this.#happens(this.faults.sessionLost)) {
      session.status = 'expired'
    }
    if (session.status === 'closed') return failed('SESSION_CLOSED', 'FATAL')
    if (session.status !== 'normal') return failed('SESSION_LOST', 'RESTART_SESSION')
    const rows: string[] = []
    let dirtyRecords = 0
    for (const range of spec.ranges ?? []) {
      for (let at = Number(range.startOffset); at < Number(range.endOffset); at++) {
        const key = `${range.topicPartition}:${at}`
        if (key === this.dirtyAt) dirtyRecords += 1
        else rows.push(key)
      }
    }
    session.blocks.set(spec.blockId ?? 0, rows)
    const figures = { rows: rows.length, dirtyRecords, bytesRead: 1, bytesSent: 1, milliseconds: 1 }
    return { outcome: 'slice', slice: { ...figures, dirty: [], notes: [] } }
  }

  #complete(uploadId: string): Outcome {
    const session = this.sessions.get(uploadId)!
    if (session.status === 'normal') {
      session.status = 'closed'
      if (session.overwrite) this.table.clear()
      for (const key of [...session.blocks.values()].flat()) {
        this.table.set(key, (this.table.get(key) ?? 0) + 1)
      }
    }
    const outcome = session.status === 'closed' ? 'COMMITTED' : 'UNKNOWN'
    const complete = { outcome, sessionStatus: session.status, evidence: '', notes: [] } as const
    return { outcome: 'complete', complete: { ...complete, notes: [] } }
  }

  #happens(chance: number): boolean {
    return this.#random() < chance
  }
}

export function failed(code: string, retry: 'BACKOFF' | 'RESTART_SESSION' | 'FATAL'): Outcome {
  const message = `simulated ${code}`
  return { outcome: 'error', error: { code, retry, message, where: {}, cause: '', dirty: [] } }
}
