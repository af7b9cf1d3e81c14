import type { AgentFrame } from '../../proto/gen/sluice/agent/v1/AgentFrame.ts'
import type { FencedInput } from '../../proto/gen/sluice/agent/v1/Fenced.ts'
/**
 * One session of one agent, as a pure state machine: (state, event) -> (state, effects).
 *
 *   hello -> admitting -> reconciling -> active <-> draining -> closed
 *   any of them -> fenced
 *
 * S1. The first frame is Hello with epoch 0 and seq 1; there is never a second Hello.
 * S2. From Welcome on every frame carries the session's epoch, and seq grows by exactly one.
 * S3. Before `active` only Heartbeat, Result, ProbeAck and Reconciled are heard.
 * S4. `closed` and `fenced` are terminal: whatever comes later has no effect.
 * S5. A stream that ends after Bye means that the agent's process is gone; any other end means
 *     nothing but that the stream is gone.
 */
import { FRAME_BYTES_MAX } from '../../proto/link-limits.ts'

export type AgentFrameKind = NonNullable<AgentFrame['frame']>
export type FenceReason = Extract<NonNullable<FencedInput['reason']>, string>

interface Welcomed {
  readonly epoch: number
  readonly lastSeq: number
  readonly saidBye: boolean
}

export interface FenceOrder {
  readonly kind: 'fence'
  readonly reason: FenceReason
  readonly message: string
  /** With BECOME_NEW. */
  readonly enrolToken?: string
}

export type SessionState =
  | { readonly phase: 'hello' }
  | { readonly phase: 'admitting' }
  | (Welcomed & { readonly phase: 'reconciling'; readonly drainWanted: boolean })
  | (Welcomed & { readonly phase: 'active' | 'draining' })
  | { readonly phase: 'closed' }
  | { readonly phase: 'fenced'; readonly reason: FenceReason }

export type SessionEvent =
  /** `frame` undefined: a frame kind that this version does not know. */
  | {
      readonly kind: 'frame'
      readonly frame: AgentFrameKind | undefined
      readonly epoch: number
      readonly seq: number
      readonly bytes: number
    }
  | { readonly kind: 'welcomed'; readonly epoch: number }
  | FenceOrder
  | { readonly kind: 'drain' }
  /** No Hello, or no Reconciled, in time. */
  | { readonly kind: 'timeout' }
  /** The agent ended the stream, or it broke. */
  | { readonly kind: 'ended' }
  /** We end the stream ourselves. */
  | { readonly kind: 'cutOff' }

export type SessionEffect =
  /** The frame is in order: hand it to its handler. */
  | { readonly kind: 'deliver' }
  | FenceOrder
  | { readonly kind: 'ready' }
  | { readonly kind: 'sendDrain' }
  | { readonly kind: 'left'; readonly saidBye: boolean }

export interface SessionStep {
  readonly state: SessionState
  readonly effects: readonly SessionEffect[]
}

export const SESSION_START: SessionState = { phase: 'hello' }

const BEFORE_ACTIVE: ReadonlySet<AgentFrameKind> = new Set([
  'heartbeat',
  'result',
  'probeAck',
  'reconciled',
])

export function stepSession(state: SessionState, event: SessionEvent): SessionStep {
  if (state.phase === 'closed' || state.phase === 'fenced') return stay(state) // S4
  switch (event.kind) {
    case 'frame':
      return onFrame(state, event)
    case 'welcomed':
      return onWelcomed(state, event.epoch)
    case 'fence':
      return fence(event)
    case 'drain':
      return onDrain(state)
    case 'timeout':
      return onTimeout(state)
    case 'ended':
      return onEnded(state)
    case 'cutOff':
      return { state: { phase: 'closed' }, effects: [{ kind: 'left', saidBye: false }] }
  }
}

type Open = Exclude<SessionState, { phase: 'closed' | 'fenced' }>

function onFrame(state: Open, event: Extract<SessionEvent, { kind: 'frame' }>): SessionStep {
  if (event.bytes > FRAME_BYTES_MAX) {
    return protocolError(
      `a frame of ${event.bytes} bytes is larger than the ${FRAME_BYTES_MAX} that are allowed`,
    )
  }
  const frame = event.frame
  if (frame === undefined) {
    return protocolError('a frame of a kind that this control plane does not know')
  }
  if (state.phase === 'hello') return onFirstFrame(frame, event)
  if (state.phase === 'admitting') return protocolError(`${frame} came before Welcome was sent`)
  if (event.epoch !== state.epoch) {
    return protocolError(`${frame} carries epoch ${event.epoch}, the session's is ${state.epoch}`)
  }
  if (event.seq !== state.lastSeq + 1) {
    return protocolError(`${frame} carries seq ${event.seq} after ${state.lastSeq}`) // S2
  }
  return onWelcomedFrame({ ...state, lastSeq: event.seq }, frame)
}

function onFirstFrame(
  frame: AgentFrameKind,
  event: { readonly epoch: number; readonly seq: number },
): SessionStep {
  // S1
  if (frame !== 'hello') return protocolError(`the first frame must be hello, not ${frame}`)
  if (event.epoch !== 0 || event.seq !== 1) {
    return protocolError(`hello must carry epoch 0 and seq 1, not ${event.epoch} and ${event.seq}`)
  }
  return { state: { phase: 'admitting' }, effects: [{ kind: 'deliver' }] }
}

function onWelcomedFrame(state: Extract<Open, Welcomed>, frame: AgentFrameKind): SessionStep {
  if (frame === 'hello') return protocolError('a second hello') // S1
  if (state.phase === 'reconciling') {
    if (!BEFORE_ACTIVE.has(frame)) return protocolError(`${frame} came before reconciled`) // S3
    return frame === 'reconciled' ? onReconciled(state) : deliver(state)
  }
  if (frame === 'reconciled') return protocolError('a second reconciled')
  return deliver(frame === 'bye' ? { ...state, saidBye: true } : state)
}

/** reconciling -> active | draining */
function onReconciled(state: Extract<Open, { phase: 'reconciling' }>): SessionStep {
  const { epoch, lastSeq, saidBye, drainWanted } = state
  const phase = drainWanted ? 'draining' : 'active'
  return {
    state: { phase, epoch, lastSeq, saidBye },
    effects: [{ kind: 'deliver' }, drainWanted ? { kind: 'sendDrain' } : { kind: 'ready' }],
  }
}

/** admitting -> reconciling */
function onWelcomed(state: Open, epoch: number): SessionStep {
  if (state.phase !== 'admitting') return stay(state)
  return stay({ phase: 'reconciling', epoch, lastSeq: 1, saidBye: false, drainWanted: false })
}

/** active -> draining, or draining with a new deadline; a session that is not so far yet is drained when it is */
function onDrain(state: Open): SessionStep {
  if (state.phase === 'reconciling') return stay({ ...state, drainWanted: true })
  if (state.phase !== 'active' && state.phase !== 'draining') return stay(state)
  return { state: { ...state, phase: 'draining' }, effects: [{ kind: 'sendDrain' }] }
}

function onTimeout(state: Open): SessionStep {
  if (state.phase === 'hello') return protocolError('no hello came in time')
  if (state.phase === 'reconciling') return protocolError('no reconciled came in time')
  return stay(state)
}

/** any -> closed */
function onEnded(state: Open): SessionStep {
  const saidBye = 'saidBye' in state && state.saidBye // S5
  return { state: { phase: 'closed' }, effects: [{ kind: 'left', saidBye }] }
}

function stay(state: SessionState): SessionStep {
  return { state, effects: [] }
}

function deliver(state: SessionState): SessionStep {
  return { state, effects: [{ kind: 'deliver' }] }
}

function protocolError(message: string): SessionStep {
  return fence({ kind: 'fence', reason: 'PROTOCOL_ERROR', message })
}

function fence(order: FenceOrder): SessionStep {
  return { state: { phase: 'fenced', reason: order.reason }, effects: [order] }
}
