import type { Heartbeat } from '../../proto/gen/sluice/agent/v1/Heartbeat.ts'
/** What this process knows of one agent, over all of its sessions. */
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import type { PlaneFrameInput } from '../../proto/gen/sluice/agent/v1/PlaneFrame.ts'
import type { AgentRestart, ReadyAgent, WorkRef } from '../run/link-port.ts'
import type { BeatTimes } from './beat-pace.ts'
import type { KnownAgent } from './hello-verdict.ts'
import type { Presence } from './lease.ts'
import { STEPS_PER_AGENT_MAX } from './link-settings.ts'
import type { AgentState, StoredAgent } from './link-store.ts'
import { Readiness } from './readiness.ts'
import type { SerialQueue } from './serial-queue.ts'
import type { SessionEvent } from './session-state.ts'

type PlaneFrameKind = NonNullable<PlaneFrameInput['frame']>

/** One frame's body under its kind: `{ cancel: {...} }`. */
export type PlaneFrameBody = {
  [K in PlaneFrameKind]: { readonly [P in K]: NonNullable<PlaneFrameInput[K]> }
}[PlaneFrameKind]

/** One session, as its agent's record and the frame handlers see it. */
export interface AgentSession {
  /** 0 before Welcome. */
  readonly epoch: number
  /** Reconciled, neither draining nor ended. */
  readonly isActive: boolean
  /** We do not read it just now, because earlier frames are not worked off (L2). */
  readonly isPaused: boolean
  readonly isOpen: boolean
  /** The same object for every call on one connection. */
  readonly connection: object
  /** A frame that must go out: an agent that does not read is cut off instead. */
  send(frame: PlaneFrameBody): void
  /** A frame that may be kept back. False: there is no room, nothing was sent. */
  offer(frame: PlaneFrameBody): boolean
  /** Resolves with whether the agent's process answers in time. */
  probe(): Promise<boolean>
  /** The answer to a probe has come. */
  probeAnswered(nonce: number): void
  /** The agent's certificate was renewed: the session may last until then. */
  certificateRenewed(untilMs: number): void
  handle(event: SessionEvent): void
  /** Ends the stream as failed: the agent dials again as after any failure. */
  breakOff(why: string): void
  /** Ends the stream in good order: the agent dials again after this time. */
  goAway(reason: string, reconnectAfterMs: number): void
}

/** Work that was sent to the agent and has neither ended nor been given back. */
export interface Outstanding {
  readonly ref: WorkRef
  readonly takesChannel: boolean
  /** Stops the accept timeout. */
  readonly answered: () => void
}

/** What the operator wants of the agent. */
export type Duty = 'working' | 'draining' | 'drained'

export class AgentRecord extends Readiness {
  readonly #onReadiness: (record: AgentRecord) => void
  readonly agentId: string
  readonly queue: SerialQueue
  /** SHA-256 (hex) of its public key (SPKI, DER). */
  readonly publicKeyHash: string
  /** By work id: an agent holds at most one attempt of a work. Bounded by channels + steps. */
  readonly outstanding = new Map<string, Outstanding>()
  /** Monotonic. */
  lastHeardMs: number
  /** How often it is to beat, as it was told last; null: not since this process started. */
  told: BeatTimes | null = null
  duty: Duty
  revoked = false
  /** By what it is known again: as in the store, which no other process changes. */
  known: KnownAgent & { readonly facts: HostFacts }
  /** What said Hello last, and when (wall clock); null: nobody since this process started. */
  running: { readonly version: string; readonly arch: string; readonly sinceMs: number } | null =
    null
  /** The last time that another process said Hello than before; null: not since this process started. */
  restart: AgentRestart | null = null
  /** Why the agent was lost, until run/ has heard of it. */
  lossToReport: string | null = null
  /** null: none since this process started. Wall clock. */
  lastBeat: {
    readonly heartbeat: Heartbeat
    readonly atMs: number
    readonly sessionEpoch: number
  } | null = null
  /** Until when a draining agent may finish what runs (wall clock); null: as long as the settings say. */
  drainUntilMs: number | null
  /** Where this process's log lines go on: what comes again after a reconnect is known by it. */
  logs: { readonly processId: string; readonly nextPosition: number } | null = null
  bulksUnderWay = 0
  /** End the calls beside the session at once; bounded by what one agent may have open. */
  readonly endCalls = new Set<(why: string) => void>()

  constructor(
    stored: StoredAgent,
    presence: Presence,
    nowMs: number,
    queue: SerialQueue,
    onReadiness: (record: AgentRecord) => void = () => {},
  ) {
    super(stored, presence)
    this.#onReadiness = onReadiness
    this.agentId = stored.agentId
    this.publicKeyHash = stored.publicKeyHash
    this.duty = stored.state === 'draining' || stored.state === 'drained' ? stored.state : 'working'
    this.drainUntilMs = stored.drainUntilMs
    const { generation, generationOffered, processId, facts } = stored
    this.known = { generation, generationOffered, processId, facts }
    this.lastHeardMs = nowMs
    this.queue = queue
  }

  get ready(): ReadyAgent {
    const { agentId, groupId, name, channels } = this
    return { agentId, groupId, name, channels }
  }

  override readinessChanged(): void {
    this.#onReadiness(this)
  }

  /** What the store and people see: an operator's wish stands before the agent's presence. */
  get storedState(): AgentState {
    return this.duty === 'working' ? this.presence : this.duty
  }

  /** 0 when it is not ready. */
  get freeChannels(): number {
    if (!this.isReady) return 0
    let used = 0
    for (const work of this.outstanding.values()) if (work.takesChannel) used += 1
    return Math.max(0, this.channels - used)
  }

  /** There is credit for one more: a free channel, or a free place for a step. */
  hasRoomFor(takesChannel: boolean): boolean {
    let used = 0
    for (const work of this.outstanding.values()) if (work.takesChannel === takesChannel) used += 1
    return used < (takesChannel ? this.channels : STEPS_PER_AGENT_MAX)
  }

  /** Gives the credit back. False: this attempt is not (or no longer) outstanding. */
  release(ref: WorkRef): boolean {
    const work = this.outstanding.get(ref.workId)
    if (work === undefined || work.ref.attempt !== ref.attempt) return false
    work.answered()
    this.outstanding.delete(ref.workId)
    return true
  }

  releaseAll(): void {
    for (const work of this.outstanding.values()) work.answered()
    this.outstanding.clear()
  }
}
