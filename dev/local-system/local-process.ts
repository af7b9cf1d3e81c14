/**
 * One process of the local system, which can be stopped, killed, paused and started again.
 *
 * P1. Every process leads a group of its own, so that a signal reaches what it started itself (Kafka's
 *     Java), and so that Ctrl-C on the terminal reaches none of them: whoever started them ends them.
 * P2. A group is registered with the reaper in the same turn in which it is spawned, and forgotten when
 *     its leader has ended.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

import { LocalSystemError } from './errors.ts'
import { forgetGroup, watchGroup } from './reaper.ts'

const READY_TIMEOUT_MS = 60_000
const READY_POLL_MS = 50
/** After it a process that was asked to stop is killed. */
const STOP_TIMEOUT_MS = 20_000
const LOG_TAIL_CHARS = 3_000
/** As shells say it. */
const EXIT_NOT_STARTED = 127

/** Read anew at each start. */
export interface Launch {
  /** Of a TypeScript entry point. */
  readonly file: string
  readonly args: readonly string[]
  /** Of Node itself. */
  readonly nodeFlags?: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** A command before Node's own, which becomes the process in its place: `nsenter --net=…`. */
  readonly within?: readonly string[]
}

export interface ProcessSpec {
  /** For messages: `control plane`, `agent idc-1`. */
  readonly name: string
  readonly logPath: string
  readonly launch: () => Launch
  /** null: it is ready when it prints its line {"ready":true,…}. Else asked again and again. */
  readonly isReady: (() => Promise<boolean>) | null
}

export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** One start of the process. */
interface Life {
  readonly child: ChildProcess
  readonly pid: number
  readonly ready: Promise<void>
  readonly ended: Promise<ProcessEnd>
  end: ProcessEnd | null
}

export class LocalProcess {
  readonly name: string
  readonly logPath: string
  readonly #spec: ProcessSpec
  #life: Life | null = null
  #isPaused = false

  constructor(spec: ProcessSpec) {
    this.name = spec.name
    this.logPath = spec.logPath
    this.#spec = spec
  }

  /** 0 when it does not run. */
  get pid(): number {
    return this.isRunning ? (this.#life?.pid ?? 0) : 0
  }

  /** Also when it is paused. */
  get isRunning(): boolean {
    return this.#life !== null && this.#life.end === null
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** How it ended last; null while it runs, and before its first start. */
  get end(): ProcessEnd | null {
    return this.#life?.end ?? null
  }

  /** Starts it; does nothing when it runs. `ready()` says when it can be used. */
  start(): void {
    if (this.isRunning) return
    this.#isPaused = false
    this.#life = this.#spawn()
  }

  /** Rejects with LocalSystemError, with the end of its log, when it ends before or takes too long. */
  async ready(): Promise<void> {
    if (this.#life === null) throw this.#notRunning()
    await this.#life.ready
  }

  /** Resolves when the process of the last start has ended. */
  async ended(): Promise<ProcessEnd> {
    if (this.#life === null) throw this.#notRunning()
    return this.#life.ended
  }

  /** An orderly end (SIGTERM); kill -9 when that takes longer than 20 s. */
  async stop(): Promise<void> {
    const life = this.#life
    if (life === null || life.end !== null) return
    this.resume()
    life.child.kill('SIGTERM')
    const harder = setTimeout(() => this.#signal('SIGKILL'), STOP_TIMEOUT_MS)
    await life.ended
    clearTimeout(harder)
  }

  /** Sends the signal to it and to what it started, and resolves when it has ended. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const life = this.#life
    if (life === null || life.end !== null) return
    this.#signal(signal)
    await life.ended
  }

  /** SIGSTOP: it keeps its connections and says nothing. */
  pause(): void {
    this.#signal('SIGSTOP')
    this.#isPaused = true
  }

  resume(): void {
    if (this.#isPaused) this.#signal('SIGCONT')
    this.#isPaused = false
  }

  /** Stops it (or finds it ended), starts it again on the same ports and state, and waits until it is ready. */
  async restart(): Promise<void> {
    await this.stop()
    this.start()
    await this.ready()
  }

  logTail(): string {
    return readFileSync(this.logPath, 'utf8').slice(-LOG_TAIL_CHARS)
  }

  #spawn(): Life {
    const { file, args, nodeFlags = [], env, within = [] } = this.#spec.launch()
    mkdirSync(dirname(this.logPath), { recursive: true })
    const log = openSync(this.logPath, 'a')
    const flags = ['--disable-warning=ExperimentalWarning', ...nodeFlags, file, ...args]
    const [command = process.execPath, ...rest] = [...within, process.execPath, ...flags]
    const child = spawn(command, rest, {
      env: { ...inheritedEnv(), ...env },
      detached: true, // P1
      stdio: ['ignore', 'pipe', log],
    })
    closeSync(log)
    const pid = child.pid ?? 0
    if (pid !== 0) watchGroup(pid) // P2
    const saysReady = this.#watchOutput(child)
    const ended = this.#watchEnd(child, pid)
    const ready = this.#becomeReady(saysReady, ended)
    ready.catch(() => {}) // whoever calls ready() gets it
    const life: Life = { child, pid, ready, ended, end: null }
    void ended.then((end) => (life.end = end))
    return life
  }

  /** Resolves at the ready line; everything goes to the log. */
  #watchOutput(child: ChildProcess): Promise<void> {
    const lines = createInterface({ input: child.stdout! })
    return new Promise((resolve) => {
      lines.on('line', (line) => {
        appendFileSync(this.logPath, `${line}\n`) // a few lines: the log itself is standard error
        if (line.startsWith('{"ready":true')) resolve()
      })
    })
  }

  async #watchEnd(child: ChildProcess, pid: number): Promise<ProcessEnd> {
    const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
    // Only a process that could not be started at all rejects here.
    const [code, signal] = await exit.catch((error: unknown) => {
      appendFileSync(this.logPath, `${String(error)}\n`)
      return [EXIT_NOT_STARTED, null] as const
    })
    forgetGroup(pid) // P2
    return { code, signal }
  }

  async #becomeReady(saysReady: Promise<void>, ended: Promise<ProcessEnd>): Promise<void> {
    const over = new AbortController()
    const poll = this.#spec.isReady === null ? saysReady : this.#poll(over.signal)
    const tooLate = sleep(READY_TIMEOUT_MS, 'late' as const, { signal: over.signal, ref: false })
    try {
      const first = await Promise.race([poll, ended, tooLate])
      if (first === undefined) return
      if (first === 'late') {
        const message = `${this.name} was not ready after ${READY_TIMEOUT_MS / 1000} s; the end of ${this.logPath}:\n${this.logTail()}`
        throw new LocalSystemError('NOT_READY', message)
      }
      const how = first.signal === null ? `exit code ${first.code}` : first.signal
      const message = `${this.name} ended before it was ready (${how}); the end of ${this.logPath}:\n${this.logTail()}`
      throw new LocalSystemError('ENDED_EARLY', message)
    } finally {
      over.abort()
      tooLate.catch(() => {})
      poll.catch(() => {})
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    while (!(await this.#spec.isReady!().catch(() => false))) {
      await sleep(READY_POLL_MS, null, { signal })
    }
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.isRunning || this.pid === 0) throw this.#notRunning()
    try {
      process.kill(-this.pid, signal)
    } catch (error) {
      // It has ended in this moment; its exit is about to be heard.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }

  #notRunning(): LocalSystemError {
    return new LocalSystemError('NOT_RUNNING', `${this.name} does not run`)
  }
}

/** Settings of the caller's own Sluice, database or test runner are not those of the local system. */
function inheritedEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => {
      return !name.startsWith('SLUICE_') && !name.startsWith('NODE_TEST') && name !== 'DATABASE_URL'
    }),
  )
}
