import { join } from 'node:path'

import type { Logger } from 'pino'

import { writeDurably } from '../link/durable-file.ts'

export interface StatusFileOptions {
  readonly stateDir: string
  readonly version: string
  readonly log: Logger
}

/**
 * `<state>/status.json`: whether this agent is connected, for who looks from outside: the launcher that
 * judges a new release, the installer that waits, the command's `status`. Of several changes the latest is written.
 */
export class StatusFile {
  readonly #options: StatusFileOptions
  #wanted: boolean | null = null
  #written: boolean | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(options: StatusFileOptions) {
    this.#options = options
  }

  set(connected: boolean): void {
    this.#wanted = connected
    this.#writing = this.#writing.then(() => this.#write())
  }

  /** Resolves when the file says what was set last, or cannot be written. */
  settled(): Promise<void> {
    return this.#writing
  }

  async #write(): Promise<void> {
    const connected = this.#wanted
    if (connected === this.#written) return
    const { stateDir, version, log } = this.#options
    const atMs = Date.now()
    const text = `${JSON.stringify({ connected, version, pid: process.pid, atMs })}\n`
    try {
      await writeDurably(join(stateDir, 'status.json'), text, 0o644)
      this.#written = connected
    } catch (error) {
      log.warn({ err: error }, 'status.json cannot be written')
    }
  }
}
