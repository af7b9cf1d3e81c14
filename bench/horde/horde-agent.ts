/**
 * One agent of the horde: the session protocol of agent/link in as little memory as it takes. It
 * accepts every Assign at once, answers it after a while, keeps results until they are acknowledged,
 * and dials again with the back-off that real agents have.
 */
import { backoffMs } from '../../agent/link/backoff.ts'
import { DEFAULT_AGENT_LINK_SETTINGS } from '../../agent/link/link-settings.ts'
import type { AgentFrameInput } from '../../proto/gen/sluice/agent/v1/AgentFrame.ts'
import type { Assign } from '../../proto/gen/sluice/agent/v1/Assign.ts'
import type { PlaneFrame } from '../../proto/gen/sluice/agent/v1/PlaneFrame.ts'
import type { ResultInput } from '../../proto/gen/sluice/agent/v1/Result.ts'
import type { Welcome } from '../../proto/gen/sluice/agent/v1/Welcome.ts'
import type { loadLinkDefinition } from '../../proto/link-definition.ts'
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from '../../proto/protocol-version.ts'
import { dial, type LinkPort } from './dial.ts'
import type { GrpcCall, GrpcConnection } from './grpc-connection.ts'
import type { HordeCounts } from './horde-counts.ts'
import { enrolRequest, linkTls, metadataOf, type HordeIdentity, type LinkTls } from './identity.ts'
import type { MadeUpData } from './work-results.ts'

const SERVICE = '/sluice.agent.v1.AgentLink'
const GIB = 1024 ** 3
/** Of the time between two beats: no earlier, since hosts' timers are not exact either. */
const BEAT_EARLIEST = 0.75

/** What all agents of the horde share. */
export interface HordeShared {
  readonly link: LinkPort
  readonly proto: ReturnType<typeof loadLinkDefinition>
  readonly caPem: string
  readonly channels: number
  /** How long a slice takes. */
  readonly workMs: () => number
  readonly data: MadeUpData
  readonly counts: HordeCounts
}

type FrameBody = Omit<AgentFrameInput, 'sessionEpoch' | 'seq'>

export class HordeAgent {
  readonly identity: HordeIdentity
  readonly #shared: HordeShared
  readonly #inflight = new Map<string, Assign>()
  readonly #spooled = new Map<string, ResultInput & { workId: string; attempt: number }>()
  #certificatePem = ''
  /** With the certificate; null: not read yet. */
  #tls: LinkTls | null = null
  #hangUpLink: () => void = () => {}
  #call: GrpcCall | null = null
  #phase: 'away' | 'hello' | 'active' = 'away'
  #epoch = 0
  #seq = 0
  #generation = 0
  #beatNo = 0
  #beatMs = 0
  #beatSentAtMs = -Infinity
  #roundTripMs = 0
  #failures = 0
  #retry: NodeJS.Timeout | null = null
  #wanted = false

  constructor(identity: HordeIdentity, shared: HordeShared) {
    this.identity = identity
    this.#shared = shared
  }

  get isActive(): boolean {
    return this.#phase === 'active'
  }

  /**
   * Enrols, and from then on is an agent: over the same connection, and over new ones when that is lost.
   * Rejects when the control plane does not reply.
   */
  enrol(token: string): Promise<void> {
    const { link } = this.#shared
    return new Promise((resolve, reject) => {
      this.#hangUpLink = dial(link, this.identity.firstTls, {
        onConnection: (connection) =>
          this.#enrolOver(connection, token, (error) => {
            if (error !== null) {
              this.#hangUpLink()
              return reject(error)
            }
            this.#wanted = true
            this.#open(connection)
            resolve()
          }),
        onOver: (why) => {
          if (this.#wanted) this.#again()
          else reject(new Error(why))
        },
      })
    })
  }

  #enrolOver(
    connection: GrpcConnection,
    token: string,
    onDone: (error: Error | null) => void,
  ): void {
    const { proto } = this.#shared
    const events = {
      onMessage: (message: Buffer) => {
        this.#certificatePem = proto.EnrolReply.deserialize(message).certificatePem
      },
      onEnd: () => {
        const isEnrolled = this.#certificatePem !== ''
        onDone(isEnrolled ? null : new Error('enrolment was refused: the control plane logs why'))
      },
    }
    const call = connection.open(`${SERVICE}/Enrol`, {}, events)
    call.write(proto.EnrolRequest.serialize(enrolRequest(this.identity, token)))
    call.end()
  }

  /** Reads key and certificate for the next connection, as a host does at leisure. */
  prepareReturn(): void {
    const { no, keyPem } = this.identity
    this.#tls ??= linkTls(no, keyPem, this.#certificatePem, this.#shared.caPem)
  }

  /** Leaves without a word, as a host that is switched off. */
  stop(): void {
    this.#wanted = false
    if (this.#retry !== null) clearTimeout(this.#retry)
    this.#hangUp()
  }

  /** When it is time: it is called more often than agents beat that were told to beat less often. */
  beat(): void {
    if (this.#phase !== 'active') return
    const nowMs = performance.now()
    if (nowMs - this.#beatSentAtMs < this.#beatMs * BEAT_EARLIEST) return
    this.#beatNo += 1
    this.#beatSentAtMs = nowMs
    const busy = this.#inflight.size
    const { facts } = this.identity
    this.#send({
      heartbeat: {
        uuid: facts.dmiUuid,
        hostname: facts.hostname,
        ips: facts.ips,
        cpuPercent: 10 + (this.#beatNo % 20),
        memoryTotalBytes: 16 * GIB,
        memoryUsedBytes: 3 * GIB,
        processRssBytes: 120 * 1024 * 1024,
        load1: 0.5,
        diskTotalBytes: 200 * GIB,
        diskFreeBytes: 150 * GIB,
        agentTimeMs: Date.now(),
        channels: this.#shared.channels,
        freeChannels: Math.max(0, this.#shared.channels - busy),
        inflight: busy,
        beatNo: this.#beatNo,
        networkReceivedBytes: 20_000,
        networkSentBytes: 10_000,
        clockOffsetMs: 0,
        roundTripMs: Math.round(this.#roundTripMs),
      },
    })
    this.#shared.counts.beats += 1
  }

  #dial(): void {
    const { link, counts } = this.#shared
    this.prepareReturn()
    counts.dials += 1
    this.#hangUpLink = dial(link, this.#tls!, {
      onConnection: (connection) => this.#open(connection),
      onOver: () => this.#again(),
    })
  }

  #open(connection: GrpcConnection): void {
    this.#epoch = 0
    this.#seq = 0
    this.#phase = 'hello'
    const call = connection.open(`${SERVICE}/Session`, metadataOf(this.identity), {
      onMessage: (message) => {
        if (this.#call === call) this.#onFrame(this.#shared.proto.PlaneFrame.deserialize(message))
      },
      onEnd: () => {
        if (this.#call === call) this.#again()
      },
    })
    this.#call = call
    this.#sayHello()
  }

  #sayHello(): void {
    const inflight = [...this.#inflight.values()].map((work) => {
      const { workId, attempt } = work
      return { workId, attempt, takesChannel: work.slice !== null && work.slice !== undefined }
    })
    const spooledResults = [...this.#spooled.values()].map(({ workId, attempt }) => {
      return { workId, attempt }
    })
    this.#send({
      hello: {
        protocolVersionMin: PROTOCOL_VERSION_MIN,
        protocolVersionMax: PROTOCOL_VERSION,
        facts: this.identity.facts,
        processId: `horde-${this.identity.no}`,
        channels: this.#shared.channels,
        inflight,
        spooledResults,
        generation: this.#generation,
      },
    })
  }

  #onFrame(frame: PlaneFrame): void {
    const { counts } = this.#shared
    switch (frame.frame) {
      case 'welcome':
        this.#epoch = frame.sessionEpoch
        return this.#welcomed(frame.welcome!)
      case 'heartbeatAck':
        counts.beatsAcknowledged += 1
        this.#beatMs = frame.heartbeatAck!.beatMs
        this.#roundTripMs = performance.now() - this.#beatSentAtMs
        return
      case 'assign':
        return this.#work(frame.assign!)
      case 'resultAck':
        this.#spooled.delete(frame.resultAck!.workId)
        return
      case 'cancel': {
        const { workId, attempt } = frame.cancel!
        if (this.#inflight.get(workId)?.attempt === attempt) this.#inflight.delete(workId)
        return
      }
      case 'probe':
        return this.#send({ probeAck: { nonce: frame.probe!.nonce } })
      case 'goAway':
        counts.goAways += 1
        return this.#again(frame.goAway!.reconnectAfterMs)
      case 'fenced':
        counts.fenced += 1
        counts.lastFence = `${frame.fenced!.reason}: ${frame.fenced!.message}`
        return
      default:
    }
  }

  #welcomed(welcome: Welcome): void {
    this.#generation = welcome.generation
    this.#beatMs = welcome.beatMs
    for (const { workId, verdict } of welcome.reconcile) {
      if (verdict === 'STOP') this.#inflight.delete(workId)
      if (verdict === 'DROP_RESULT') this.#spooled.delete(workId)
    }
    this.#send({ reconciled: {} })
    this.#phase = 'active'
    this.#failures = 0
    this.#shared.counts.reconciled(this.identity.no)
    for (const result of this.#spooled.values()) this.#send({ result })
    this.beat()
  }

  #work(work: Assign): void {
    const { workId, attempt } = work
    this.#shared.counts.assigned += 1
    this.#inflight.set(workId, work)
    this.#send({ accept: { workId, attempt } })
    setTimeout(() => this.#finish(work), work.slice ? this.#shared.workMs() : 0)
  }

  #finish(work: Assign): void {
    const { workId, attempt } = work
    if (this.#inflight.get(workId) !== work) return // cancelled
    this.#inflight.delete(workId)
    const outcome = this.#shared.data.resultOf(work)
    const result = { workId, attempt, finishedAtMs: Date.now(), ...outcome }
    this.#spooled.set(workId, result)
    if (this.#phase === 'active') this.#send({ result })
  }

  #send(body: FrameBody): void {
    this.#seq += 1
    const frame = { ...body, sessionEpoch: this.#epoch, seq: this.#seq }
    this.#call?.write(this.#shared.proto.AgentFrame.serialize(frame))
  }

  /** The connection is gone, or the control plane asked for another: dial after a while. */
  #again(afterMs?: number): void {
    if (this.#phase === 'active') this.#shared.counts.left(this.identity.no)
    this.#hangUp()
    if (!this.#wanted) return
    this.#failures += 1
    const delayMs = afterMs ?? backoffMs(this.#failures, Math.random(), DEFAULT_AGENT_LINK_SETTINGS)
    this.#retry = setTimeout(() => this.#dial(), delayMs)
  }

  #hangUp(): void {
    this.#phase = 'away'
    this.#call = null
    this.#hangUpLink()
  }
}
