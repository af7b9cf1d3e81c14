/**
 * Carries out what the state machine says: fetches, lays down, drains, and leaves the rest to the launcher.
 *
 * G4. Before the process ends for a new release, upgrade.json says so on disk; the file stays until the
 *     next upgrade, so that the judgement can be told as often as it is asked for.
 */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { Logger } from 'pino'

import { sleep } from '../../lib/clock.ts'
import type { Clock } from '../../lib/clock.ts'
import type { BundleChunk } from '../../proto/gen/sluice/agent/v1/BundleChunk.ts'
import type { Upgrade } from '../../proto/gen/sluice/agent/v1/Upgrade.ts'
import type { UpgradeStateInput } from '../../proto/gen/sluice/agent/v1/UpgradeState.ts'
import { readUpgradeFile, writeUpgradeFile } from '../launcher/upgrade-file.ts'
import type { UpgradeFile } from '../launcher/upgrade-file.ts'
import { fetchBundle } from './fetch-bundle.ts'
import { findInstallation, roomProblem } from './installation.ts'
import type { Installation } from './installation.ts'
import { layDownRelease } from './unpack.ts'
import { checkOrder } from './upgrade-order.ts'
import type { UpgradeOrder } from './upgrade-order.ts'
import { UpgradeProblem } from './upgrade-problem.ts'
import { stepUpgrade } from './upgrade-state.ts'
import type { UpgradeEffect, UpgradeEvent, UpgradeProgress } from './upgrade-state.ts'

/** How often the process on trial looks whether the launcher has judged it. */
const LOOK_MS = 1_000

/** What an upgrade asks of the link. */
export interface UpgradeLink {
  /** Not connected: it is lost, and asked for again. */
  reportUpgrade(state: UpgradeStateInput): void
  /** null: there is no connection just now. */
  bundleSource(sha256: string, offset: number): AsyncIterable<BundleChunk> | null
  /** Takes no more work, lets what runs end, then `onDrained`, then says goodbye: the process ends. */
  restart(drainMs: number, onDrained: () => Promise<void>): Promise<void>
}

export interface UpgraderOptions {
  readonly stateDir: string
  readonly version: string
  readonly arch: string
  /** What starts the agent again. */
  readonly supervisor: string
  readonly execPath: string
  readonly releaseKeyPem: string | null
  readonly link: UpgradeLink
  readonly clock: Clock
  readonly log: Logger
}

export class Upgrader {
  readonly #options: UpgraderOptions
  readonly #installation: Installation | string
  #state: UpgradeProgress
  #fetching: AbortController | null = null
  /** A fetch that was abandoned ends before the next one begins. */
  #laid: Promise<void> = Promise.resolve()
  readonly #over = new AbortController()

  static async open(options: UpgraderOptions): Promise<Upgrader> {
    const installation = await findInstallation(options.execPath)
    return new Upgrader(options, installation, await readUpgradeFile(options.stateDir))
  }

  private constructor(
    options: UpgraderOptions,
    installation: Installation | string,
    file: UpgradeFile | null,
  ) {
    this.#options = options
    this.#installation = installation
    this.#state = progressOf(file)
    if (this.#state.kind === 'trial') void this.#awaitJudgement()
  }

  order(upgrade: Upgrade): void {
    const { version, arch, supervisor, releaseKeyPem, log } = this.#options
    const problem = this.#installation
    const installationProblem = typeof problem === 'string' ? problem : null
    const host = { version, arch, supervisor, releaseKeyPem, installationProblem }
    const checked = checkOrder(upgrade, host)
    const { upgradeId } = upgrade
    log.info({ upgradeId, ...checked }, 'the control plane orders an upgrade')
    this.#step(
      checked.ok
        ? { kind: 'ordered', order: checked.order }
        : { kind: 'refused', upgradeId, problem: checked.problem },
    )
  }

  /** A session is reconciled: says where it stands. */
  connected(): void {
    this.#step({ kind: 'connected' })
  }

  /** The agent ends: nothing goes on behind it. */
  close(): void {
    this.#over.abort()
    this.#fetching?.abort()
  }

  #step(event: UpgradeEvent): void {
    const { state, effects } = stepUpgrade(this.#state, event)
    this.#state = state
    for (const effect of effects) this.#carryOut(effect)
  }

  #carryOut(effect: UpgradeEffect): void {
    const { link, version, log } = this.#options
    switch (effect.kind) {
      case 'report': {
        const { upgradeId, phase, message } = effect
        return link.reportUpgrade({ upgradeId, phase, message, version })
      }
      case 'fetch': {
        const fetching = new AbortController()
        this.#fetching = fetching
        this.#laid = this.#laid.then(() => this.#layDown(effect.order, fetching.signal))
        return
      }
      case 'abandonFetch':
        return this.#fetching?.abort()
      case 'drain':
        // Whatever fails, the agent ends with this: it is started again as it was.
        void link
          .restart(effect.order.drainMs, () => this.#onDrained(effect.order))
          .catch((error: unknown) => log.error({ err: error }, 'cannot drain for the upgrade'))
        return
      case 'restart':
        return // #onDrained has noted it for the launcher
    }
  }

  async #layDown(order: UpgradeOrder, signal: AbortSignal): Promise<void> {
    try {
      await this.#fetchAndUnpack(order, signal)
      if (!signal.aborted) this.#step({ kind: 'laidDown' })
    } catch (error) {
      if (signal.aborted) return
      this.#options.log.error({ err: error, ...order }, 'the upgrade cannot be carried out')
      const known = error instanceof UpgradeProblem
      const problem = known ? error.message : `the upgrade failed: ${String(error)}`
      this.#step({ kind: 'failed', problem })
    }
  }

  async #fetchAndUnpack(order: UpgradeOrder, signal: AbortSignal): Promise<void> {
    const { stateDir, arch, clock, link } = this.#options
    const installation = this.#installation
    if (typeof installation === 'string') throw new UpgradeProblem(installation)
    const { prefix } = installation
    const dir = join(stateDir, 'upgrade')
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const noRoom = await roomProblem([dir, prefix], order.bytes)
    if (noRoom !== null) throw new UpgradeProblem(noRoom)
    const { sha256, bytes, version } = order
    const archive = join(dir, `${sha256}.part`)
    const source = link.bundleSource.bind(link)
    await fetchBundle({ path: archive, sha256, bytes, clock, signal, source })
    await layDownRelease({ archive, prefix, version, arch })
    await rm(dir, { recursive: true, force: true }) // and with it what earlier ones have left
  }

  /** G4 */
  async #onDrained(order: UpgradeOrder): Promise<void> {
    const installation = this.#installation
    if (typeof installation === 'string') return
    const { upgradeId, version: to, healthMs } = order
    const from = installation.release
    try {
      const file = { upgradeId, from, to, healthMs, phase: 'trial' } as const
      await writeUpgradeFile(this.#options.stateDir, file)
      this.#step({ kind: 'drained' })
    } catch (error) {
      this.#step({ kind: 'failed', problem: `upgrade.json cannot be written: ${String(error)}` })
    }
  }

  async #awaitJudgement(): Promise<void> {
    const { clock, stateDir } = this.#options
    while (await sleep(clock, LOOK_MS, this.#over.signal)) {
      const state = progressOf(await readUpgradeFile(stateDir))
      if (state.kind !== 'answered' || state.phase === 'REFUSED') continue
      return this.#step({ kind: 'judged', phase: state.phase, why: state.message })
    }
  }
}

/** As the launcher has left it. */
function progressOf(file: UpgradeFile | null): UpgradeProgress {
  if (file === null) return { kind: 'idle' }
  const { upgradeId, why = '' } = file
  switch (file.phase) {
    case 'trial':
      return { kind: 'trial', upgradeId }
    case 'done':
      return { kind: 'answered', upgradeId, phase: 'DONE', message: '' }
    case 'rolledBack':
      return { kind: 'answered', upgradeId, phase: 'ROLLED_BACK', message: why }
  }
}
