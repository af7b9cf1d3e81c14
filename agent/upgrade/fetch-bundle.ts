/**
 * Brings a bundle into a file: as it comes, never in memory.
 *
 * F1. What is on disk already is not fetched again: after a break it goes on at the file's end.
 * F2. The file never grows beyond the size in the signed manifest, and is used only when its hash is
 *     the manifest's. A part left over by something else is thrown away once, and fetched anew.
 */
import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

import { status } from '@grpc/grpc-js'

import { sleep } from '../../lib/clock.ts'
import type { Clock } from '../../lib/clock.ts'
import type { BundleChunk } from '../../proto/gen/sluice/agent/v1/BundleChunk.ts'
import { UpgradeProblem } from './upgrade-problem.ts'

const RETRY_MS = 2_000
/** With the control plane away, or a slow line. */
const FETCH_MS_MAX = 60 * 60_000
/** Wrong bytes may be an old part's; twice they are the control plane's. */
const WRONG_HASHES_MAX = 2

export interface FetchOptions {
  readonly path: string
  readonly sha256: string
  readonly bytes: number
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Everything from this offset on; null: there is no connection just now. */
  readonly source: (sha256: string, offset: number) => AsyncIterable<BundleChunk> | null
}

/** Resolves when the file is whole. Rejects with UpgradeProblem, or when the signal aborts. */
export async function fetchBundle(options: FetchOptions): Promise<void> {
  const { path, sha256, bytes, clock, signal } = options
  const deadlineMs = clock.monotonicMs() + FETCH_MS_MAX
  let lastProblem = 'the control plane is not connected'
  let wrongHashes = 0
  while (!signal.aborted) {
    const have = await sizeOf(path)
    if (have >= bytes) {
      if (have === bytes && (await hashOf(path)) === sha256) return
      await rm(path, { force: true }) // F2
      wrongHashes += 1
      if (wrongHashes < WRONG_HASHES_MAX) continue
      throw new UpgradeProblem('the bundle does not have the hash that its manifest says')
    }
    try {
      await append(options, have)
      continue
    } catch (error) {
      if (isFinal(error)) throw error
      lastProblem = error instanceof Error ? error.message : String(error)
    }
    if (clock.monotonicMs() >= deadlineMs) break
    await sleep(clock, RETRY_MS, signal)
  }
  signal.throwIfAborted()
  throw new UpgradeProblem(`the bundle could not be fetched within an hour: ${lastProblem}`)
}

/** F1 */
async function append({ path, sha256, bytes, source, signal }: FetchOptions, from: number) {
  const chunks = source(sha256, from)
  if (chunks === null) throw new Error('the control plane is not connected')
  const file = await open(path, 'a', 0o600)
  let offset = from
  try {
    for await (const chunk of chunks) {
      signal.throwIfAborted()
      if (chunk.offset !== offset) {
        throw new Error(`the bundle goes on at ${chunk.offset}, expected ${offset}`)
      }
      if (offset + chunk.data.length > bytes) {
        throw new UpgradeProblem(`the bundle is larger than the ${bytes} bytes of its manifest`) // F2
      }
      await file.writeFile(chunk.data)
      offset += chunk.data.length
    }
  } finally {
    await file.close()
  }
  if (offset < bytes) throw new Error(`the bundle ended at ${offset} of ${bytes} bytes`)
}

function isFinal(error: unknown): boolean {
  if (error instanceof UpgradeProblem) return true
  const code = (error as { readonly code?: unknown } | null)?.code
  if (code === status.NOT_FOUND) {
    throw new UpgradeProblem('the control plane does not have the bundle any more', {
      cause: error,
    })
  }
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EROFS' || code === 'EACCES') {
    throw new UpgradeProblem(`the bundle cannot be written: ${String(error)}`, { cause: error })
  }
  return false
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

async function hashOf(path: string): Promise<string> {
  const hash: Hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
