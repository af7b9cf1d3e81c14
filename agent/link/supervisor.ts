/**
 * Keeps one connection to the control plane, for as long as the agent runs.
 *
 * V1. The back-off starts anew only after a session held for a while: a control plane that welcomes
 *     and breaks is not hammered.
 * V2. UNKNOWN_AGENT and REVOKED are fatal: dialling again cannot help, a person must.
 * V3. NEWER_SESSION means that another process uses this identity. This one goes on trying, but
 *     slowly, and says so: the two must not throw each other out in turn.
 * V4. Work goes on without the control plane for the offline budget, then it is dropped: others have
 *     taken it over long ago. Spooled results stay.
 * V6. QUARANTINED means that this is a copy. It asks again now and then, slowly and for ever: a person
 *     decides, and may take days.
 * V7. With CERTIFICATE_EXPIRED the key proves itself once more: Renew, then dial at once.
 * V8. The first session may go over the connection of the enrolment. When that connection is lost, gRPC
 *     makes another one that shows the key alone, without the new certificate: UNKNOWN_AGENT is no verdict
 *     then, and the next connection is an ordinary one.
 * V5. Stopping drains: running work may end until the deadline, results may be acknowledged, then Bye.
 */
import { sleep } from '../../lib/clock.ts'
import type { AgentLinkClient } from '../../proto/gen/sluice/agent/v1/AgentLink.ts'
import type { BundleChunk } from '../../proto/gen/sluice/agent/v1/BundleChunk.ts'
import type { UpgradeStateInput } from '../../proto/gen/sluice/agent/v1/UpgradeState.ts'
import { backoffMs } from './backoff.ts'
import { isConnected } from './client.ts'
import { Connection } from './connection.ts'
import type { ConnectionOutcome, LinkParts } from './connection.ts'
import { renewByCall } from './renew-by-call.ts'
import { formatServerAddress } from './server-address.ts'
import type { LinkState } from './status-file.ts'

export type SupervisorOutcome =
  | { readonly kind: 'stopped' }
  /** For a release that waits: start me again. */
  | { readonly kind: 'restart' }
  /** A copy of an agent: it is to forget who it was, and to enrol with this token. */
  | { readonly kind: 'becomeNew'; readonly enrolToken: string; readonly message: string }
  | { readonly kind: 'fatal'; readonly message: string }

export type SupervisorParts = Omit<LinkParts, 'onActive' | 'onDrain'> & {
  /** A session is reconciled. */
  readonly onConnected: () => void
  /** How the agent stands with its control plane has changed. */
  readonly onState: (state: LinkState, message: string) => void
  /** Of the enrolment (V8); null: there was none. It is the supervisor's to close. */
  readonly firstClient: AgentLinkClient | null
}

export class Supervisor {
  readonly done: Promise<SupervisorOutcome>
  readonly #parts: LinkParts & SupervisorParts
  readonly #stop = new AbortController()
  #connection: Connection | null = null
  #firstClient: AgentLinkClient | null
  #failures = 0
  #cancelBudget: (() => void) | null = null
  #cancelDrain: () => void = () => {}
  #stopping: Promise<void> | null = null
  #restarting = false

  constructor(parts: SupervisorParts) {
    this.#parts = {
      ...parts,
      onActive: () => this.#onActive(),
      onDrain: (deadlineMs) => void this.#drain(deadlineMs),
    }
    this.#firstClient = parts.firstClient
    this.#startBudget()
    this.done = this.#run()
  }

  /** V5. Idempotent; resolves when the agent has left. */
  stop(): Promise<void> {
    this.#stopping ??= this.#leave(this.#parts.settings.drainMs, async () => {})
    return this.#stopping
  }

  /** V5, for another release: `onDrained` may still say something, then the agent leaves. */
  restart(drainMs: number, onDrained: () => Promise<void>): Promise<void> {
    this.#restarting = this.#stopping === null
    this.#stopping ??= this.#leave(drainMs, onDrained)
    return this.#stopping
  }

  /** Without a connection it is lost: where an upgrade stands is said again in the next session. */
  reportUpgrade(state: UpgradeStateInput): void {
    this.#connection?.sendUpgradeState(state)
  }

  /** null: there is no session just now. */
  bundleSource(sha256: string, offset: number): AsyncIterable<BundleChunk> | null {
    return this.#connection?.bundleSource(sha256, offset) ?? null
  }

  async #run(): Promise<SupervisorOutcome> {
    while (!this.#stop.signal.aborted) {
      await this.#parts.identity.settled() // C4
      const outcome = await this.#connect()
      this.#connection = null
      this.#cancelDrain()
      if (this.#stop.signal.aborted) break
      this.#startBudget()
      const end = await this.#endAfter(outcome)
      if (end !== null) return end
      const delayMs = await this.#delayAfter(outcome)
      if (typeof delayMs !== 'number') return delayMs
      await sleep(this.#parts.clock, delayMs, this.#stop.signal)
    }
    this.#cancelBudget?.()
    return { kind: this.#restarting ? 'restart' : 'stopped' }
  }

  async #connect(): Promise<ConnectionOutcome> {
    const client = this.#takeFirstClient()
    this.#connection = new Connection(this.#parts, client)
    const outcome = await this.#connection.outcome
    const isNoVerdict = client !== null && outcome.kind === 'fenced' && isFatal(outcome.reason)
    return isNoVerdict ? { kind: 'failed', why: outcome.message, heldMs: 0 } : outcome // V8
  }

  #takeFirstClient(): AgentLinkClient | null {
    const client = this.#firstClient
    this.#firstClient = null
    if (client === null || isConnected(client)) return client
    client.close()
    return null
  }

  async #endAfter(outcome: ConnectionOutcome): Promise<SupervisorOutcome | null> {
    if (outcome.kind !== 'fenced') return null
    const { reason, message, enrolToken } = outcome
    if (isFatal(reason)) return this.#giveUp(message)
    if (reason !== 'BECOME_NEW') return null
    this.#cancelBudget?.()
    await this.#parts.desk.dropAll('this copy becomes an agent of its own')
    return { kind: 'becomeNew', enrolToken, message }
  }

  async #delayAfter(outcome: ConnectionOutcome): Promise<number | SupervisorOutcome> {
    if (outcome.kind === 'fenced' && outcome.reason === 'CERTIFICATE_EXPIRED') {
      return this.#renew(outcome.message)
    }
    if (outcome.kind === 'fenced' && outcome.reason === 'QUARANTINED') {
      this.#parts.onState('quarantined', outcome.message)
    } else {
      this.#parts.onState('connecting', whyNotConnected(outcome))
    }
    return this.#waitAfter(outcome)
  }

  /** V7 */
  async #renew(why: string): Promise<number | SupervisorOutcome> {
    const { identity, log } = this.#parts
    log.info({ reason: why }, 'the certificate is renewed')
    const renewal = await renewByCall(identity.now)
    if (renewal.kind === 'refused') return this.#giveUp(renewal.message)
    if (renewal.kind === 'failed') return this.#waitAfter({ ...renewal, heldMs: 0 })
    await identity.setCertificate(renewal.certificatePem)
    return 0
  }

  #waitAfter(outcome: ConnectionOutcome): number {
    const { settings, random, log, identity } = this.#parts
    const server = formatServerAddress(identity.now.server)
    if (outcome.kind === 'goAway') {
      this.#failures = 0
      log.info({ server, ...outcome }, 'the control plane asks to come back later')
      return outcome.reconnectAfterMs
    }
    if (outcome.kind === 'fenced') {
      const { reason, message } = outcome
      log.error({ server, reason, message }, fencedAdvice(reason))
      return settings.fencedRetryMs / 2 + random() * (settings.fencedRetryMs / 2) // V3, V6
    }
    // V1
    if (outcome.kind === 'failed' && outcome.heldMs >= settings.heldMs) this.#failures = 0
    this.#failures += 1
    const delayMs = backoffMs(this.#failures, random(), settings)
    log.warn({ server, ...outcome, failures: this.#failures, delayMs }, 'connection lost')
    return delayMs
  }

  /** V2 */
  async #giveUp(message: string): Promise<SupervisorOutcome> {
    this.#cancelBudget?.()
    this.#parts.log.error({ reason: message }, 'the control plane does not accept this agent')
    this.#parts.onState('refused', message)
    await this.#parts.desk.dropAll('the control plane does not accept this agent any more')
    return { kind: 'fatal', message }
  }

  #onActive(): void {
    this.#cancelBudget?.()
    this.#cancelBudget = null
    this.#parts.log.info(
      { server: formatServerAddress(this.#parts.identity.now.server) },
      'connected to the control plane',
    )
    if (this.#stopping !== null) this.#parts.desk.draining = true
    this.#parts.onState('connected', '')
    this.#parts.onConnected()
  }

  /** V4 */
  #startBudget(): void {
    const { clock, settings, desk, log } = this.#parts
    this.#cancelBudget ??= clock.after(settings.offlineBudgetMs, () => {
      log.error(
        { offlineMs: settings.offlineBudgetMs, inflight: desk.use.inflight },
        'the control plane was away for too long: running work is dropped',
      )
      void desk.dropAll('the control plane was away for longer than the offline budget')
    })
  }

  /** The control plane's wish: the agent stays connected and says Bye when nothing runs. Again: a new deadline. */
  async #drain(deadlineMs: number): Promise<void> {
    const connection = this.#connection
    this.#parts.desk.draining = true
    this.#cancelDrain()
    let isReplaced = false
    const drained = await this.#finishWork(deadlineMs, (cancel) => {
      this.#cancelDrain = () => {
        isReplaced = true
        cancel()
      }
    })
    if (!isReplaced && connection === this.#connection) connection?.sayBye(drained)
  }

  /** V5 */
  async #leave(drainMs: number, onDrained: () => Promise<void>): Promise<void> {
    const { desk, settings } = this.#parts
    desk.draining = true
    const drained = await this.#finishWork(drainMs, () => {})
    await this.#resultsAcknowledged(settings.farewellMs)
    await onDrained()
    this.#stop.abort()
    this.#connection?.sayBye(drained)
    this.#connection?.leave()
    await this.done
  }

  /** False: the deadline was over, what still ran was dropped. */
  async #finishWork(deadlineMs: number, onCancel: (cancel: () => void) => void): Promise<boolean> {
    const { clock, desk, log } = this.#parts
    let isOver = false
    const cancel = clock.after(deadlineMs, () => {
      isOver = true
      log.warn(
        { deadlineMs, inflight: desk.use.inflight },
        'drain deadline: running work is dropped',
      )
      void desk.dropAll('the drain deadline is over')
    })
    onCancel(cancel)
    await desk.whenIdle()
    cancel()
    return !isOver
  }

  async #resultsAcknowledged(waitMs: number): Promise<void> {
    if (this.#connection?.isActive !== true) return
    const { clock, spool } = this.#parts
    await new Promise<void>((resolve) => {
      const cancel = clock.after(waitMs, resolve)
      void spool.whenEmpty().then(() => {
        cancel()
        resolve()
      })
    })
  }
}

function whyNotConnected(outcome: ConnectionOutcome): string {
  switch (outcome.kind) {
    case 'failed':
      return outcome.why
    case 'fenced':
      return outcome.message
    case 'goAway':
      return outcome.reason
    case 'left':
      return ''
  }
}

function isFatal(reason: string): boolean {
  return reason === 'UNKNOWN_AGENT' || reason === 'REVOKED'
}

function fencedAdvice(reason: string): string {
  if (reason === 'NEWER_SESSION') {
    return 'another process uses the identity of this agent: was its state directory copied to another host? Give every host a state directory of its own'
  }
  if (reason === 'QUARANTINED') {
    return 'this is a copy of an agent, or was restored to an older state: it gets no work until a person decides on the control plane (sluice agent copies); it asks again now and then'
  }
  if (reason === 'PROTOCOL_VERSION') return 'agent and control plane are too far apart in version'
  return 'the control plane refused the session'
}
