/**
 * Results on the agent's disk until the control plane has acknowledged them.
 *
 * R1. A result is fsynced before it is sent, and deleted only after its ResultAck or DROP_RESULT.
 * R2. A result is never refused and never lost while the process lives: on a full disk the reserve
 *     is given up for it, and when even that is not enough it stays in memory. What is refused on a
 *     full disk is new work.
 * R3. The spool takes at most one result of a (work, attempt); bounds on count and bytes are kept by
 *     refusing new work, counting what runs as results to come.
 *
 * One file a result: `results/<work id, percent-encoded>-<attempt>.result`, the protobuf Result.
 */
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import type { Logger } from 'pino'

import { writeDurably } from './durable-file.ts'
import { workKey } from './work-ref.ts'
import type { WorkRef } from './work-ref.ts'

const RESULTS_MAX = 4096
const RESULT_BYTES_MAX = 256 * 1024 * 1024
/** Kept on disk for results, and given up when the disk is full. */
const RESERVE_BYTES = 8 * 1024 * 1024
/** With less than this free, no new work is taken. */
export const DISK_FREE_BYTES_MIN = 64 * 1024 * 1024
const FILE_NAME = /^(.+)-(\d+)\.result$/

interface Spooled {
  readonly ref: WorkRef
  readonly size: number
  /** Only when it could not be written. */
  readonly memory: Uint8Array | null
}

export interface SpoolOptions {
  readonly dir: string
  readonly log: Logger
  /** Free bytes of the file system, as last sampled. */
  readonly diskFreeBytes: () => number
  /** Tests fill the disk with it. */
  readonly write?: (path: string, content: Uint8Array) => Promise<void>
}

export class ResultSpool {
  readonly #dir: string
  readonly #log: Logger
  readonly #diskFreeBytes: () => number
  readonly #write: (path: string, content: Uint8Array) => Promise<void>
  readonly #results = new Map<string, Spooled>()
  #bytes = 0
  readonly #emptyWaiters: (() => void)[] = []
  #hasReserve = false
  #makingReserve: Promise<void> | null = null

  private constructor(options: SpoolOptions) {
    this.#dir = options.dir
    this.#log = options.log
    this.#diskFreeBytes = options.diskFreeBytes
    this.#write = options.write ?? writeDurably
  }

  /** Finds the results of earlier processes. */
  static async open(options: SpoolOptions): Promise<ResultSpool> {
    const spool = new ResultSpool(options)
    await mkdir(spool.#dir, { recursive: true, mode: 0o700 })
    for (const name of (await readdir(spool.#dir)).toSorted()) await spool.#find(name)
    await spool.#makeReserve()
    return spool
  }

  /** Resolves when the result is on disk (or, the disk being full, in memory). Never rejects. */
  async put(ref: WorkRef, bytes: Uint8Array): Promise<void> {
    let memory: Uint8Array | null = null
    try {
      await this.#writeOrUseReserve(this.#path(ref), bytes)
    } catch (error) {
      memory = bytes // R2
      this.#log.error({ err: error, ...ref }, 'a result cannot be written: it is in memory only')
    }
    this.#results.set(workKey(ref), { ref, size: bytes.length, memory })
    this.#bytes += bytes.length
  }

  /** The protobuf Result; null: there is none (any more). */
  async read(ref: WorkRef): Promise<Uint8Array | null> {
    const entry = this.#results.get(workKey(ref))
    if (entry === undefined) return null
    return entry.memory ?? readFile(this.#path(ref))
  }

  /** Acknowledged, or not wanted. */
  async drop(ref: WorkRef): Promise<void> {
    const entry = this.#results.get(workKey(ref))
    if (entry === undefined) return
    this.#results.delete(workKey(ref))
    this.#bytes -= entry.size
    if (this.#results.size === 0) for (const wake of this.#emptyWaiters.splice(0)) wake()
    try {
      await rm(this.#path(ref), { force: true })
    } catch (error) {
      // It comes back after a restart and is dropped again then.
      this.#log.warn({ err: error, ...ref }, 'an acknowledged result cannot be deleted')
    }
    await this.#makingReserve // began before there was this room
    if (!this.#hasReserve) await this.#makeReserve()
  }

  has(ref: WorkRef): boolean {
    return this.#results.has(workKey(ref))
  }

  refs(): readonly WorkRef[] {
    return [...this.#results.values()].map((entry) => entry.ref)
  }

  /** Resolves when every result is acknowledged. */
  whenEmpty(): Promise<void> {
    if (this.#results.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#emptyWaiters.push(resolve))
  }

  /** Why no new work may be taken, or null. `inflight`: works whose results are still to come. */
  noRoom(inflight: number): string | null {
    if (this.#results.size + inflight >= RESULTS_MAX) {
      return `${this.#results.size} results wait for the control plane, at most ${RESULTS_MAX} may`
    }
    if (this.#bytes >= RESULT_BYTES_MAX) {
      return `results that wait for the control plane take ${this.#bytes} bytes of ${this.#dir}`
    }
    const freeBytes = this.#diskFreeBytes()
    if (freeBytes < DISK_FREE_BYTES_MIN) {
      return `DISK_FULL: ${this.#dir} has ${freeBytes} bytes free, at least ${DISK_FREE_BYTES_MIN} are needed`
    }
    if (!this.#hasReserve) {
      // Space may have come back without any result going: look again for the next one.
      void this.#makeReserve()
      return `DISK_FULL: the reserve for results in ${this.#dir} cannot be kept`
    }
    return null
  }

  async #writeOrUseReserve(path: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.#write(path, bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC' || !this.#hasReserve) throw error
      this.#log.error({ dir: this.#dir }, 'the disk is full: the reserve for results is used')
      this.#hasReserve = false
      await rm(this.#reservePath(), { force: true })
      await this.#write(path, bytes)
    }
  }

  /** Tries once; two at a time are one. */
  #makeReserve(): Promise<void> {
    this.#makingReserve ??= this.#writeReserve().finally(() => {
      this.#makingReserve = null
    })
    return this.#makingReserve
  }

  async #writeReserve(): Promise<void> {
    try {
      await this.#write(this.#reservePath(), Buffer.alloc(RESERVE_BYTES, 1))
      this.#hasReserve = true
    } catch (error) {
      this.#log.warn({ err: error, dir: this.#dir }, 'no room for the reserve for results')
    }
  }

  async #find(name: string): Promise<void> {
    const path = join(this.#dir, name)
    if (name.endsWith('.new')) return rm(path, { force: true }) // never finished, never sent
    const ref = refOfFile(name)
    if (ref === null) return
    const { size } = await stat(path)
    if (size === 0) {
      await rename(path, `${path}.bad`)
      this.#log.error({ path }, 'a spooled result is empty: set aside')
      return
    }
    this.#results.set(workKey(ref), { ref, size, memory: null })
    this.#bytes += size
  }

  #path(ref: WorkRef): string {
    return join(this.#dir, `${encodeURIComponent(ref.workId)}-${ref.attempt}.result`)
  }

  #reservePath(): string {
    return join(this.#dir, 'reserve')
  }
}

function refOfFile(name: string): WorkRef | null {
  const [, workId, attempt] = FILE_NAME.exec(name) ?? []
  if (workId === undefined || attempt === undefined) return null
  return { workId: decodeURIComponent(workId), attempt: Number(attempt) }
}
