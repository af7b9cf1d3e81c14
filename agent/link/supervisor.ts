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
 * V5. Stopping drains: running work may end until the deadline, results may be acknowledged, then Bye.
 */
import { sleep } from '../../lib/clock.ts'
import type { BundleChunk } from '../../proto/gen/sluice/agent/v1/BundleChunk.ts'
import type { UpgradeStateInput } from '../../proto/gen/sluice/agent/v1/UpgradeState.ts'
import { backoffMs } from './backoff.ts'
import { Connection } from './connection.ts'
import type { ConnectionOutcome, LinkParts } from './connection.ts'
import { formatServerAddress } from './server-address.ts'

export type SupervisorOutcome =
  | { readonly kind: 'stopped' }
  /** For a release that waits: start me again. */
  | { readonly kind: 'restart' }
  | { readonly kind: 'fatal'; readonly message: string }

export type SupervisorParts = Omit<LinkParts, 'onActive' | 'onDrain'> & {
  /** A session is reconciled. */
  readonly onConnected: () => void
  /** A connection is over. */
  readonly onDisconnected: () => void
}

export class Supervisor {
  readonly done: Promise<SupervisorOutcome>
  readonly #parts: LinkParts & SupervisorParts
  readonly #stop = new AbortController()
  #connection: Connection | null = null
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
      this.#connection = new Connection(this.#parts)
      const outcome = await this.#connection.outcome
      this.#connection = null
      this.#parts.onDisconnected()
      this.#cancelDrain()
      if (this.#stop.signal.aborted) break
      this.#startBudget()
      if (outcome.kind === 'fenced' && isFatal(outcome.reason)) return this.#giveUp(outcome.message)
      const delayMs = this.#delayAfter(outcome)
      await sleep(this.#parts.clock, delayMs, this.#stop.signal)
    }
    this.#cancelBudget?.()
    return { kind: this.#restarting ? 'restart' : 'stopped' }
  }

  #delayAfter(outcome: ConnectionOutcome): number {
    const { settings, random, log, identity } = this.#parts
    const server = formatServerAddress(identity.now.server)
    if (outcome.kind === 'goAway') {
      this.#failures = 0
      log.info({ server, ...outcome }, 'the control plane asks to come back later')
      return outcome.reconnectAfterMs
    }
    if (outcome.kind === 'fenced') {
      log.error({ server, ...outcome }, fencedAdvice(outcome.reason))
      return settings.backoffMaxMs / 2 + random() * (settings.backoffMaxMs / 2) // V3
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

  /** The control plane's wish: the agent stays connected and says Bye when nothing runs. */
  async #drain(deadlineMs: number): Promise<void> {
    const connection = this.#connection
    this.#parts.desk.draining = true
    const drained = await this.#finishWork(deadlineMs, (cancel) => (this.#cancelDrain = cancel))
    if (connection === this.#connection) connection?.sayBye(drained)
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

function isFatal(reason: string): boolean {
  return reason === 'UNKNOWN_AGENT' || reason === 'REVOKED'
}

function fencedAdvice(reason: string): string {
  if (reason === 'NEWER_SESSION') {
    return 'another process uses the identity of this agent: was its state directory copied to another host? Give every host a state directory of its own'
  }
  if (reason === 'PROTOCOL_VERSION') return 'agent and control plane are too far apart in version'
  return 'the control plane refused the session'
}
