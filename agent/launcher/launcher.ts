/** Runs the agent of `current` and carries out what the state machine says. */
import { type ChildProcess, spawn } from 'node:child_process'

import type { Clock } from '../../lib/clock.ts'
import {
  INITIAL_LAUNCHER_STATE,
  type LauncherEffect,
  type LauncherEvent,
  type LauncherState,
  stepLauncher,
} from './launcher-state.ts'
import { readUpgradeFile, type UpgradeFile } from './upgrade-file.ts'

const LOOK_MS = 1_000

export interface LauncherParts {
  readonly clock: Clock
  readonly stateDir: string
  /** What to run: asked anew at each start, since `current` changes. */
  readonly command: () => { readonly file: string; readonly args: readonly string[] }
  readonly env: NodeJS.ProcessEnv
  /** What the agent writes; null: it inherits ours. */
  readonly output: ((chunk: Uint8Array) => void) | null
  readonly say: (message: string) => void
  readonly switchRelease: (release: string) => Promise<void>
  readonly pruneReleases: (keep: readonly string[]) => Promise<void>
  readonly recordUpgrade: (upgrade: UpgradeFile) => Promise<void>
  readonly connectedVersion: () => Promise<string | null>
  readonly planeAnswers: () => Promise<boolean>
}

export interface RunningLauncher {
  /** Resolves with the launcher's exit code. */
  readonly done: Promise<number>
  /** Ends the agent by SIGTERM, which drains; a second call kills it. */
  stop(): void
}

export function startLauncher(parts: LauncherParts): RunningLauncher {
  return new Launcher(parts)
}

class Launcher implements RunningLauncher {
  readonly done: Promise<number>
  readonly #parts: LauncherParts
  readonly #finish: (exitCode: number) => void
  #state: LauncherState = INITIAL_LAUNCHER_STATE
  #child: ChildProcess | null = null
  #stops = 0
  #cancelWait = (): void => {}
  #cancelLook = (): void => {}
  /** Events one after another, each with all of its effects. */
  #queue: Promise<void> = Promise.resolve()

  constructor(parts: LauncherParts) {
    this.#parts = parts
    const { promise, resolve } = Promise.withResolvers<number>()
    this.done = promise
    this.#finish = resolve
    this.#handle(async () => ({ kind: 'start', upgrade: await readUpgradeFile(parts.stateDir) }))
  }

  stop(): void {
    this.#stops++
    if (this.#stops > 1) this.#child?.kill('SIGKILL')
    else this.#handle(() => ({ kind: 'stop' }))
  }

  #handle(event: () => LauncherEvent | Promise<LauncherEvent>): void {
    this.#queue = this.#queue.then(async () => {
      const step = stepLauncher(this.#state, await event())
      this.#state = step.state
      for (const effect of step.effects) await this.#carryOut(effect)
      this.#watchTrial()
    })
  }

  async #carryOut(effect: LauncherEffect): Promise<void> {
    const parts = this.#parts
    try {
      switch (effect.kind) {
        case 'say':
          return parts.say(effect.message)
        case 'switch':
          return await parts.switchRelease(effect.release)
        case 'record':
          return await parts.recordUpgrade(effect.upgrade)
        case 'prune':
          return await parts.pruneReleases(effect.keep)
        case 'spawn':
          return this.#spawn()
        case 'terminate':
          this.#child?.kill('SIGTERM')
          return
        case 'wait':
          this.#cancelWait = parts.clock.after(effect.ms, () =>
            this.#handle(() => ({ kind: 'waited' })),
          )
          return
        case 'end':
          this.#cancelWait()
          this.#cancelLook()
          this.#finish(effect.exitCode)
      }
    } catch (error) {
      // A release that is not there, a full disk: said, and the agent that can run, runs.
      parts.say(`${effect.kind} failed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  #spawn(): void {
    const { clock, output, stateDir } = this.#parts
    const { file, args } = this.#parts.command()
    const startedMs = clock.monotonicMs()
    const stdio = output === null ? 'inherit' : 'pipe'
    const child = spawn(file, args, { env: this.#parts.env, stdio: ['ignore', stdio, stdio] })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', output ?? (() => {}))
    let ended = false
    const onEnd = (code: number | null, signal: string | null): void => {
      if (ended) return
      ended = true
      this.#child = null
      const ranMs = clock.monotonicMs() - startedMs
      this.#handle(async () => {
        return { kind: 'exited', code, signal, ranMs, upgrade: await readUpgradeFile(stateDir) }
      })
    }
    child.on('exit', onEnd)
    child.on('error', (error) => {
      this.#parts.say(`${file} cannot be started: ${error.message}`)
      onEnd(127, null)
    })
    if (this.#stops > 0) child.kill('SIGTERM')
  }

  #watchTrial(): void {
    this.#cancelLook()
    if (this.#state.trial === null || this.#state.phase === 'ended') return
    const { clock, connectedVersion, planeAnswers } = this.#parts
    const fromMs = clock.monotonicMs()
    this.#cancelLook = clock.after(LOOK_MS, () =>
      this.#handle(async () => ({
        kind: 'looked',
        connectedVersion: this.#child === null ? null : await connectedVersion(),
        planeAnswers: await planeAnswers(),
        sinceMs: clock.monotonicMs() - fromMs,
      })),
    )
  }
}
