import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { status } from '@grpc/grpc-js'

import type { Clock } from '../../lib/clock.ts'
import { ManualClock } from '../../lib/manual-clock.ts'
import type { BundleChunk } from '../../proto/gen/sluice/agent/v1/BundleChunk.ts'
import { fetchBundle } from './fetch-bundle.ts'
import type { FetchOptions } from './fetch-bundle.ts'

const dir = mkdtempSync(join(tmpdir(), 'sluice-fetch-'))
after(() => rmSync(dir, { recursive: true }))

const BUNDLE = Buffer.from('0123456789'.repeat(10))
const SHA256 = createHash('sha256').update(BUNDLE).digest('hex')
const CHUNK_BYTES = 7

/** Each wait is over at once, and takes its time on the clock. */
function hurriedClock(): Clock {
  const clock = new ManualClock()
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    after: (delayMs, run) => {
      setImmediate(() => clock.advance(delayMs))
      return clock.after(delayMs, run)
    },
  }
}

async function* chunks(content: Buffer, from: number, until = content.length) {
  for (let offset = from; offset < until; offset += CHUNK_BYTES) {
    const data = content.subarray(offset, Math.min(until, offset + CHUNK_BYTES))
    yield { offset, data } satisfies BundleChunk
  }
}

let lastNumber = 0

function fetching(source: FetchOptions['source']): FetchOptions {
  lastNumber += 1
  return {
    path: join(dir, `${lastNumber}.part`),
    sha256: SHA256,
    bytes: BUNDLE.length,
    clock: hurriedClock(),
    signal: new AbortController().signal,
    source,
  }
}

test('a bundle that breaks off is fetched on from where it broke off', async () => {
  const asked: number[] = []
  const options = fetching((_sha256, offset) => {
    asked.push(offset)
    if (asked.length === 1) return null // not connected
    return asked.length === 2 ? chunks(BUNDLE, offset, 35) : chunks(BUNDLE, offset)
  })
  await fetchBundle(options)
  assert.deepEqual(asked, [0, 0, 35])
  assert.deepEqual(readFileSync(options.path), BUNDLE)
})

test('what is on disk already is not fetched again', async () => {
  const options = fetching(() => assert.fail('nothing is missing'))
  writeFileSync(options.path, BUNDLE)
  await fetchBundle(options)
})

test('a part of something else is thrown away once; wrong bytes again are an error', async () => {
  const asked: number[] = []
  const good = fetching((_sha256, offset) => {
    asked.push(offset)
    return chunks(BUNDLE, offset)
  })
  writeFileSync(good.path, 'another bundle')
  await fetchBundle(good)
  assert.deepEqual(asked, [14, 0])
  const wrong = fetching((_sha256, offset) => chunks(Buffer.alloc(BUNDLE.length), offset))
  await assert.rejects(fetchBundle(wrong), /does not have the hash/)
  assert.equal(existsSync(wrong.path), false)
})

test('a bundle is never written beyond the size in its manifest', async () => {
  const options = fetching((_sha256, offset) => chunks(Buffer.alloc(1_000), offset))
  await assert.rejects(fetchBundle(options), /larger than the 100 bytes/)
  assert(readFileSync(options.path).length <= BUNDLE.length)
})

test('a bundle that is gone is given up at once, a control plane that is away after an hour', async () => {
  const gone = fetching(async function* () {
    yield* [] as BundleChunk[]
    throw Object.assign(new Error('no such bundle'), { code: status.NOT_FOUND })
  })
  await assert.rejects(fetchBundle(gone), /does not have the bundle any more/)
  const away = fetching(() => null)
  await assert.rejects(fetchBundle(away), /within an hour: the control plane is not connected/)
})

test('an abandoned fetch ends', async () => {
  const abort = new AbortController()
  const options = fetching((_sha256, offset) => {
    abort.abort(new Error('abandoned'))
    return chunks(BUNDLE, offset)
  })
  await assert.rejects(fetchBundle({ ...options, signal: abort.signal }), /abandoned/)
})
