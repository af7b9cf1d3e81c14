/**
 * ONE attempt: dial -> hello -> reconciling -> active -> over. Resolves with an outcome, never
 * rejects, and leaves nothing behind: no timer, no stream, no client.
 *
 * C1. Nothing but heartbeats and results goes up before Reconciled is sent.
 * C2. Frames down carry the session's epoch and grow by one in seq; anything else ends the attempt.
 * C3. A control plane that says nothing for a lease is not there: beats are acknowledged.
 * C4. The new generation is on disk before Reconciled is sent, and a Hello says what is on disk.
 */
import type { ClientDuplexStream, Metadata } from '@grpc/grpc-js'
import type { Logger } from 'pino'

import type { Clock } from '../../lib/clock.ts'
import type { AgentFrameInput } from '../../proto/gen/sluice/agent/v1/AgentFrame.ts'
import type { AgentLinkClient } from '../../proto/gen/sluice/agent/v1/AgentLink.ts'
import type { BundleChunk } from '../../proto/gen/sluice/agent/v1/BundleChunk.ts'
import type { Fenced } from '../../proto/gen/sluice/agent/v1/Fenced.ts'
import type { HeartbeatAck } from '../../proto/gen/sluice/agent/v1/HeartbeatAck.ts'
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import type { PlaneFrame } from '../../proto/gen/sluice/agent/v1/PlaneFrame.ts'
import type { Upgrade } from '../../proto/gen/sluice/agent/v1/Upgrade.ts'
import type { UpgradeStateInput } from '../../proto/gen/sluice/agent/v1/UpgradeState.ts'
import type { Welcome } from '../../proto/gen/sluice/agent/v1/Welcome.ts'
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from '../../proto/protocol-version.ts'
import type { HostLoad } from '../host/load.ts'
import { startHeartbeat } from '../loops/heartbeat.ts'
import type { HeartbeatLoop } from '../loops/heartbeat.ts'
import type { LogRing } from '../loops/log-ring.ts'
import { uploadLogs } from '../loops/logs.ts'
import { CertificateRenewal } from './certificate-renewal.ts'
import { callMetadata, createLinkClient } from './client.ts'
import { deliverBulk } from './deliver-bulk.ts'
import { dispatchFrame } from './handlers/dispatch.ts'
import type { AgentLinkSettings } from './link-settings.ts'
import type { LivingIdentity } from './living-identity.ts'
import { Outbox } from './outbox.ts'
import type { ResultSpool } from './result-spool.ts'
import type { WorkDesk } from './work-desk.ts'

export type ConnectionOutcome =
  /** Broken, refused, or never there. */
  | { readonly kind: 'failed'; readonly why: string; readonly heldMs: number }
  | ({ readonly kind: 'fenced' } & Pick<Fenced, 'reason' | 'message' | 'enrolToken'>)
  | { readonly kind: 'goAway'; readonly reason: string; readonly reconnectAfterMs: number }
  /** We left. */
  | { readonly kind: 'left' }

export interface LinkParts {
  readonly identity: LivingIdentity
  readonly facts: HostFacts
  /** New at every start of the process. */
  readonly processId: string
  readonly capabilities: readonly string[]
  readonly desk: WorkDesk
  readonly spool: ResultSpool
  readonly ring: LogRing
  readonly load: () => HostLoad
  readonly settings: AgentLinkSettings
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  /** The session is reconciled. */
  readonly onActive: () => void
  /** The certificate was renewed. */
  readonly onRenewed: () => void
  /** The control plane asks to drain. */
  readonly onDrain: (deadlineMs: number) => void
  /** The control plane orders an upgrade. */
  readonly onUpgrade: (upgrade: Upgrade) => void
}

type Phase = 'hello' | 'reconciling' | 'active' | 'over'

export class Connection {
  readonly parts: LinkParts
  readonly outcome: Promise<ConnectionOutcome>
  readonly #client: AgentLinkClient
  readonly #metadata: Metadata
  readonly #call: ClientDuplexStream<AgentFrameInput, PlaneFrame>
  readonly #outbox: Outbox
  readonly #over = new AbortController()
  #resolve: (outcome: ConnectionOutcome) => void = () => {}
  #phase: Phase = 'hello'
  #epoch = 0
  #lastSeq = 0
  #activeSinceMs: number | null = null
  #leaseMs = 0
  #heartbeat: HeartbeatLoop | null = null
  readonly #renewal: CertificateRenewal
  #cancelWatchdog: () => void

  /** With a client that is connected already, or a new one. */
  constructor(parts: LinkParts, client: AgentLinkClient | null = null) {
    this.parts = parts
    this.outcome = new Promise((resolve) => (this.#resolve = resolve))
    const identity = parts.identity.now
    this.#client = client ?? createLinkClient(identity.server, identity.caPem, identity)
    this.#metadata = callMetadata(parts.processId)
    this.#call = this.#client.session(this.#metadata)
    this.#outbox = new Outbox({
      stream: this.#call,
      spool: parts.spool,
      clock: parts.clock,
      progressMs: parts.settings.progressMs,
      onBroken: (why) => this.fail(why),
    })
    this.#renewal = new CertificateRenewal({
      ...parts,
      send: (csrDer) => this.#outbox.send({ renewCertificate: { csrDer } }),
    })
    this.#cancelWatchdog = parts.clock.after(parts.settings.welcomeTimeoutMs, () =>
      this.fail(`no welcome within ${parts.settings.welcomeTimeoutMs} ms`),
    )
    this.#call.on('data', (frame: PlaneFrame) => this.#onFrame(frame))
    this.#call.on('error', (error) => this.fail(error.message))
    this.#call.on('end', () => this.fail('the control plane ended the stream'))
    this.#sayHello()
  }

  get isActive(): boolean {
    return this.#phase === 'active'
  }

  /** hello -> reconciling -> active */
  async welcomed(welcome: Welcome): Promise<void> {
    if (this.#phase !== 'hello') return this.fail('a second welcome')
    const { parts } = this
    this.#phase = 'reconciling'
    this.#outbox.epoch = this.#epoch
    this.#leaseMs = welcome.leaseMs
    this.#restartWatchdog()
    parts.desk.draining = false
    this.#heartbeat = startHeartbeat(
      {
        clock: parts.clock,
        facts: parts.facts,
        load: parts.load,
        use: () => parts.desk.use,
        send: (heartbeat) => this.#outbox.send({ heartbeat }),
      },
      welcome.beatMs,
    )
    await Promise.all([
      this.#reconcile(welcome),
      parts.identity.setGeneration(welcome.generation), // C4
    ])
    if ((this.#phase as Phase) === 'over') return
    this.#outbox.send({ reconciled: {} }) // C1
    this.#phase = 'active'
    this.#activeSinceMs = parts.clock.monotonicMs()
    parts.desk.uplink = {
      accept: (ref) => this.#outbox.send({ accept: ref }),
      reject: (ref, reason, message) => this.#outbox.send({ reject: { ...ref, reason, message } }),
      progress: (progress) => this.#outbox.progress(progress),
      result: (ref) => this.#outbox.result(ref),
      deliverBulk: (ref, bulkId, body) =>
        deliverBulk(this.#client, this.#metadata, ref, bulkId, body),
    }
    for (const ref of parts.spool.refs()) this.#outbox.result(ref)
    void uploadLogs({ ...parts, client: this.#client, metadata: this.#metadata }, this.#over.signal)
    this.#renewal.start()
    parts.onActive()
  }

  beatAcknowledged({ leaseMs, beatMs, beatNo, planeTimeMs }: HeartbeatAck): void {
    this.#heartbeat?.acknowledged(beatNo, planeTimeMs)
    this.#leaseMs = leaseMs
    this.#heartbeat?.setBeatMs(beatMs)
    this.#restartWatchdog() // of the new lease: with it the next beat may come later
  }

  sendUpgradeState(upgradeState: UpgradeStateInput): void {
    if (this.isActive) this.#outbox.send({ upgradeState })
  }

  /** Everything of the bundle from this offset on; null: not now. */
  bundleSource(sha256: string, offset: number): AsyncIterable<BundleChunk> | null {
    return this.isActive ? this.#client.fetchBundle({ sha256, offset }, this.#metadata) : null
  }

  answerProbe(nonce: number): void {
    if (this.#phase !== 'hello' && this.#phase !== 'over') {
      this.#outbox.send({ probeAck: { nonce } })
    }
  }

  async certificateRenewed(certificatePem: string): Promise<void> {
    await this.#renewal.renewed(certificatePem)
    if (this.#phase === 'over') this.#renewal.stop()
    this.parts.onRenewed()
  }

  /** Says that nothing runs here any more; the connection stays. */
  sayBye(drained: boolean): void {
    if (this.isActive) this.#outbox.send({ bye: { drained } })
  }

  /** Ends the stream in good order. */
  leave(): void {
    if (this.#phase === 'over') return
    this.#close()
    this.#call.on('status', () => this.#client.close())
    this.#call.end()
    const giveUp = this.parts.clock.after(this.parts.settings.farewellMs, () => {
      this.#call.cancel()
      this.#client.close()
      this.#resolve({ kind: 'left' })
    })
    const left = (): void => {
      giveUp()
      this.#resolve({ kind: 'left' })
    }
    this.#call.on('end', left)
    this.#call.on('error', left)
  }

  fail(why: string): void {
    const heldMs =
      this.#activeSinceMs === null ? 0 : this.parts.clock.monotonicMs() - this.#activeSinceMs
    this.finish({ kind: 'failed', why, heldMs })
  }

  finish(outcome: ConnectionOutcome): void {
    if (this.#phase === 'over') return
    this.#close()
    this.#call.cancel()
    this.#client.close()
    this.#resolve(outcome)
  }

  #sayHello(): void {
    const { facts, identity, processId, capabilities, desk, spool } = this.parts
    this.#outbox.send({
      hello: {
        protocolVersionMin: PROTOCOL_VERSION_MIN,
        protocolVersionMax: PROTOCOL_VERSION,
        capabilities: [...capabilities],
        facts,
        processId,
        channels: desk.use.channels,
        inflight: desk.inflight(),
        spooledResults: [...spool.refs()],
        generation: identity.generation,
      },
    })
  }

  #onFrame(frame: PlaneFrame): void {
    if (this.#phase === 'over') return
    const isFirst = this.#phase === 'hello' && this.#lastSeq === 0
    if (isFirst) this.#epoch = frame.sessionEpoch
    const isInOrder = frame.sessionEpoch === this.#epoch && frame.seq === this.#lastSeq + 1
    if (!isInOrder && frame.frame !== 'fenced') {
      // C2
      return this.fail(
        `frame ${frame.frame ?? 'unknown'} came with epoch ${frame.sessionEpoch} and seq ${frame.seq}, ` +
          `expected ${this.#epoch} and ${this.#lastSeq + 1}`,
      )
    }
    this.#lastSeq = frame.seq
    if (this.#phase !== 'hello') this.#restartWatchdog()
    dispatchFrame(this, frame)
  }

  /** Waits for stopped work, but not for ever: what still runs then is rejected as FULL. */
  async #reconcile(welcome: Welcome): Promise<void> {
    const { desk, clock, settings } = this.parts
    let cancel = (): void => {}
    const waited = new Promise<void>((resolve) => {
      cancel = clock.after(settings.stopWaitMs, resolve)
    })
    await Promise.race([desk.reconcile(welcome.reconcile), waited])
    cancel()
  }

  #restartWatchdog(): void {
    this.#cancelWatchdog()
    // C3
    this.#cancelWatchdog = this.parts.clock.after(this.#leaseMs, () =>
      this.fail(`the control plane said nothing for ${this.#leaseMs} ms`),
    )
  }

  #close(): void {
    this.#phase = 'over'
    this.#cancelWatchdog()
    this.#heartbeat?.stop()
    this.#renewal.stop()
    this.parts.desk.uplink = null
    this.#outbox.close()
    this.#over.abort()
  }
}
