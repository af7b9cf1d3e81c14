/**
 * One stream of one agent: runs the session's state machine over it. What a frame means is in
 * handlers/; who may come in is in admission.ts.
 */
import { status } from '@grpc/grpc-js'
import type { ServerDuplexStream } from '@grpc/grpc-js'

import { BoundedWriter } from '../../lib/bounded-writer.ts'
import type { AgentFrame } from '../../proto/gen/sluice/agent/v1/AgentFrame.ts'
import type { Hello } from '../../proto/gen/sluice/agent/v1/Hello.ts'
import type { PlaneFrameInput } from '../../proto/gen/sluice/agent/v1/PlaneFrame.ts'
import type { WelcomeInput } from '../../proto/gen/sluice/agent/v1/Welcome.ts'
import { CONTROL_OUTBOX_BYTES_MAX } from '../../proto/link-limits.ts'
import { admit } from './admission.ts'
import { becomeLost } from './agent-presence.ts'
import type { AgentRecord, AgentSession, PlaneFrameBody } from './agent-record.ts'
import { dispatchFrame } from './handlers/dispatch.ts'
import type { LinkContext } from './link-context.ts'
import { peerOf } from './peer.ts'
import { SESSION_START, stepSession } from './session-state.ts'
import type { FenceReason, SessionEffect, SessionEvent, SessionState } from './session-state.ts'

/** A frame as it came, with its size on the wire; null: too large to be decoded. */
export interface SizedFrame {
  readonly frame: AgentFrame | null
  readonly bytes: number
}

export type SessionCall = ServerDuplexStream<SizedFrame, PlaneFrameInput>

/** Frames of one agent that wait for run/: above this its stream is not read. */
const QUEUE_PAUSE_AT = 256
const QUEUE_RESUME_BELOW = 64

export class Session implements AgentSession {
  readonly #link: LinkContext
  readonly #call: SessionCall
  readonly #writer: BoundedWriter<PlaneFrameInput>
  #state: SessionState = SESSION_START
  #record: AgentRecord | null = null
  #frame: AgentFrame | null = null
  #epoch = 0
  #seq = 0
  #paused = false
  #cancelTimeout: () => void
  #cancelExpiry: () => void = () => {}
  #probeNonce = 0
  #onProbeAnswered: (answers: boolean) => void = () => {}

  constructor(link: LinkContext, call: SessionCall, sizeOf: (frame: PlaneFrameInput) => number) {
    this.#link = link
    this.#call = call
    this.#writer = new BoundedWriter(call, sizeOf, CONTROL_OUTBOX_BYTES_MAX)
    this.#cancelTimeout = link.clock.after(link.settings.helloTimeoutMs, () =>
      this.handle({ kind: 'timeout' }),
    )
    call.on('data', (sized: SizedFrame) => this.#onFrame(sized))
    call.on('end', () => this.#onStreamOver())
    call.on('cancelled', () => this.#onStreamOver())
    call.on('error', () => this.#onStreamOver())
  }

  get epoch(): number {
    return this.#epoch
  }

  get isActive(): boolean {
    return this.#state.phase === 'active'
  }

  get isPaused(): boolean {
    return this.#paused
  }

  get isOpen(): boolean {
    return this.#state.phase !== 'closed' && this.#state.phase !== 'fenced'
  }

  get call(): SessionCall {
    return this.#call
  }

  get connection(): object {
    return peerOf(this.#call).connection
  }

  get peer(): string {
    return this.#call.getPeer()
  }

  send(body: PlaneFrameBody): void {
    if (!this.offer(body)) this.breakOff('the agent does not read its stream')
  }

  offer(body: PlaneFrameBody): boolean {
    if (!this.isOpen) return false
    const taken = this.#writer.offer({ ...body, sessionEpoch: this.#epoch, seq: this.#seq + 1 })
    if (taken) this.#seq += 1
    return taken
  }

  probe(): Promise<boolean> {
    if (!this.isOpen) return Promise.resolve(false)
    this.#probeNonce += 1
    this.send({ probe: { nonce: this.#probeNonce } })
    return new Promise((resolve) => {
      const cancel = this.#link.clock.after(this.#link.settings.probeMs, () => resolve(false))
      this.#onProbeAnswered = (answers) => {
        cancel()
        resolve(answers)
      }
    })
  }

  probeAnswered(nonce: number): void {
    if (nonce === this.#probeNonce) this.#onProbeAnswered(true)
  }

  certificateRenewed(untilMs: number): void {
    const { clock } = this.#link
    this.#cancelExpiry()
    if (!this.isOpen) return
    this.#cancelExpiry = clock.after(untilMs - clock.nowMs(), () => {
      const message = `the certificate of agent ${this.#record?.name} is over and was not renewed`
      this.handle({ kind: 'fence', reason: 'CERTIFICATE_EXPIRED', message })
    })
  }

  /** admitting -> reconciling. From now on this is the agent's session. */
  welcome(record: AgentRecord, epoch: number, welcome: WelcomeInput): void {
    this.#record = record
    this.#epoch = epoch
    this.handle({ kind: 'welcomed', epoch })
    this.#restartTimeout(this.#link.settings.reconcileTimeoutMs)
    this.send({ welcome })
  }

  breakOff(why: string): void {
    if (!this.isOpen) return
    this.#link.log.info(
      { agentId: this.#record?.agentId, peer: this.peer, why },
      'session broken off',
    )
    this.handle({ kind: 'cutOff' })
    this.#call.emit('error', { code: status.UNAVAILABLE, details: why })
  }

  /** Asks the agent to dial again after a while, and ends the stream. */
  goAway(reason: string, reconnectAfterMs: number): void {
    if (!this.isOpen) return
    this.#write({ goAway: { reason, reconnectAfterMs } })
    this.handle({ kind: 'cutOff' })
    this.#call.end()
  }

  handle(event: SessionEvent): void {
    const wasActive = this.isActive
    const { state, effects } = stepSession(this.#state, event)
    this.#state = state
    if (this.isActive !== wasActive) this.#record?.readinessChanged()
    for (const effect of effects) this.#run(effect)
    if (!this.isOpen || this.isActive) this.#cancelTimeout()
    if (this.isOpen) return
    this.#cancelExpiry()
    this.#onProbeAnswered(false)
  }

  #onFrame({ frame, bytes }: SizedFrame): void {
    if (!this.isOpen) return
    this.#frame = frame
    this.handle({
      kind: 'frame',
      frame: frame?.frame,
      epoch: frame?.sessionEpoch ?? 0,
      seq: frame?.seq ?? 0,
      bytes,
    })
    this.#frame = null
    this.#pauseIfBehind()
  }

  #run(effect: SessionEffect): void {
    switch (effect.kind) {
      case 'deliver':
        return this.#deliver()
      case 'fence':
        return this.#fence(effect)
      case 'ready':
        return this.#announceReady()
      case 'sendDrain':
        return this.send({ drain: { deadlineMs: this.#drainMs() } })
      case 'left':
        return this.#leave(effect.saidBye)
    }
  }

  #drainMs(): number {
    const { clock, settings } = this.#link
    const untilMs = this.#record?.drainUntilMs ?? null
    return untilMs === null ? settings.drainMs : Math.max(0, untilMs - clock.nowMs())
  }

  #deliver(): void {
    const frame = this.#frame
    if (frame === null) return
    if (this.#record !== null) {
      dispatchFrame({ link: this.#link, record: this.#record, session: this }, frame)
      return
    }
    this.#cancelTimeout()
    const hello: Hello | null | undefined = frame.hello
    if (hello !== null && hello !== undefined) void admit(this.#link, this, hello)
  }

  #announceReady(): void {
    const record = this.#record
    if (record === null) return
    record.queue.push(() => {
      if (record.session === this && record.isReady) this.#link.events.agentReady(record.ready)
    })
  }

  #fence(fenced: Extract<SessionEffect, { kind: 'fence' }>): void {
    const { reason, message, enrolToken } = fenced
    this.#auditBrokenProtocol(reason, message)
    this.#link.log.warn(
      { agentId: this.#record?.agentId, peer: this.peer, reason, message },
      'session fenced',
    )
    this.#detach()
    this.#write({
      fenced: { reason, message, ...(enrolToken === undefined ? {} : { enrolToken }) },
    })
    this.#call.end()
    this.#call.resume()
  }

  #auditBrokenProtocol(reason: FenceReason, message: string): void {
    if (reason !== 'PROTOCOL_ERROR') return
    const agentId = this.#record?.agentId
    const who = agentId === undefined ? {} : { agentId }
    this.#link.audit({
      kind: 'protocol.broken',
      actor: 'agent',
      ...who,
      peer: this.peer,
      message: this.#record === null ? message : `agent ${this.#record.name}: ${message}`,
    })
  }

  #leave(saidBye: boolean): void {
    const record = this.#record
    const wasCurrent = this.#detach()
    if (record !== null && wasCurrent && saidBye) {
      becomeLost(this.#link, record, 'the agent said goodbye and left')
    }
  }

  #detach(): boolean {
    if (this.#record === null || this.#record.session !== this) return false
    this.#record.session = null
    return true
  }

  #onStreamOver(): void {
    if (!this.isOpen) return
    this.handle({ kind: 'ended' })
    this.#call.end()
  }

  /** Past the outbox's bound: for the one frame after which nothing else is sent. */
  #write(body: PlaneFrameBody): void {
    this.#call.write({ ...body, sessionEpoch: this.#epoch, seq: this.#seq + 1 })
  }

  #restartTimeout(delayMs: number): void {
    this.#cancelTimeout()
    this.#cancelTimeout = this.#link.clock.after(delayMs, () => this.handle({ kind: 'timeout' }))
  }

  #pauseIfBehind(): void {
    const queue = this.#record?.queue
    if (queue === undefined || this.#paused || queue.length < QUEUE_PAUSE_AT) return
    this.#paused = true
    this.#call.pause()
    queue.whenBelow(QUEUE_RESUME_BELOW, () => {
      this.#paused = false
      this.#call.resume()
    })
  }
}
