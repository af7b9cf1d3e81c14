import { join } from 'node:path'

import type { Logger } from 'pino'

import { writeDurably } from './durable-file.ts'

export type LinkState =
  /** Dialling, or waiting to dial again. */
  | 'connecting'
  | 'connected'
  /** A copy of an agent, which asks now and then what a person has decided. */
  | 'quarantined'
  /** The control plane does not accept this agent; it has stopped. */
  | 'refused'

/** `<state>/status.json`, as the file has it. */
export interface Status {
  readonly state: LinkState
  /** state is `connected`. */
  readonly connected: boolean
  /** Why it is not connected, and what to do; '' when it is, or was not tried yet. */
  readonly message: string
  readonly version: string
  readonly pid: number
  readonly agentId: string
  readonly name: string
  readonly group: string
  /** null: not connected. */
  readonly connectedAtMs: number | null
  readonly certificateUntilMs: number
  /** When this was written. */
  readonly atMs: number
}

export interface StatusFileOptions {
  readonly stateDir: string
  /** What does not follow from the state. */
  readonly facts: () => Pick<
    Status,
    'version' | 'agentId' | 'name' | 'group' | 'certificateUntilMs'
  >
  readonly log: Logger
}

/**
 * How this agent is, for who looks from outside: the launcher that judges a new release, the installer
 * that waits, the command's `status`, the doctor. Of several changes the latest is written.
 */
export class StatusFile {
  readonly #options: StatusFileOptions
  #wanted = ''
  #written = ''
  #connectedAtMs: number | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(options: StatusFileOptions) {
    this.#options = options
  }

  set(state: LinkState, message: string): void {
    const connected = state === 'connected'
    this.#connectedAtMs = connected ? (this.#connectedAtMs ?? Date.now()) : null
    this.#wanted = JSON.stringify({
      state,
      connected,
      message,
      ...this.#options.facts(),
      pid: process.pid,
      connectedAtMs: this.#connectedAtMs,
    })
    this.#writing = this.#writing.then(() => this.#write())
  }

  /** Resolves when the file says what was set last, or cannot be written. */
  settled(): Promise<void> {
    return this.#writing
  }

  async #write(): Promise<void> {
    const wanted = this.#wanted
    if (wanted === this.#written) return
    const { stateDir, log } = this.#options
    const status = { ...(JSON.parse(wanted) as object), atMs: Date.now() }
    try {
      await writeDurably(join(stateDir, 'status.json'), `${JSON.stringify(status)}\n`, 0o644)
      this.#written = wanted
    } catch (error) {
      log.warn({ err: error }, 'status.json cannot be written')
    }
  }
}
