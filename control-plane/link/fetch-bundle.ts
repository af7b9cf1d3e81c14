/**
 * Sends a bundle of the agent from an offset on, as fast as the agent takes it. Any enrolled agent may
 * have any bundle: there is no secret in them.
 */
import { createReadStream } from 'node:fs'
import type { ReadStream } from 'node:fs'

import { status } from '@grpc/grpc-js'
import type { ServerWritableStream } from '@grpc/grpc-js'

import type { BundleChunkInput } from '../../proto/gen/sluice/agent/v1/BundleChunk.ts'
import type { FetchBundleRequest } from '../../proto/gen/sluice/agent/v1/FetchBundleRequest.ts'
import { BULK_CHUNK_BYTES } from '../../proto/link-limits.ts'
import { auditRefusal, authenticateBesideSession } from './authenticate.ts'
import type { LinkContext } from './link-context.ts'

/** Of all agents at once: groups upgrade one agent at a time. */
const FETCHES_MAX = 64

export type FetchBundleCall = ServerWritableStream<FetchBundleRequest, BundleChunkInput>

class FetchRefused extends Error {
  readonly code: status

  constructor(code: status, message: string) {
    super(message)
    this.name = 'FetchRefused'
    this.code = code
  }
}

/** One for a server. */
export function bundleServer(link: LinkContext): (call: FetchBundleCall) => void {
  let underWay = 0
  const serve = async (call: FetchBundleCall): Promise<void> => {
    const found = await authenticateBesideSession(link, call)
    if (!found.ok) {
      auditRefusal(link, call, found)
      throw new FetchRefused(status.UNAUTHENTICATED, found.message)
    }
    if (underWay >= FETCHES_MAX) {
      throw new FetchRefused(status.RESOURCE_EXHAUSTED, 'many agents fetch bundles just now')
    }
    underWay += 1
    try {
      await send(link, call)
    } finally {
      underWay -= 1
    }
  }
  return (call) => {
    serve(call).catch((error: unknown) => {
      if (call.cancelled) return
      if (!(error instanceof FetchRefused)) {
        link.log.error({ err: error, peer: call.getPeer() }, 'a bundle cannot be sent')
      }
      const code = error instanceof FetchRefused ? error.code : status.UNAVAILABLE
      const details =
        error instanceof FetchRefused ? error.message : 'the bundle cannot be read just now'
      call.emit('error', { code, details })
    })
  }
}

async function send(link: LinkContext, call: FetchBundleCall): Promise<void> {
  const { sha256, offset } = call.request
  const bundle = await link.upgrades.bundle(sha256)
  if (bundle === null) {
    throw new FetchRefused(status.NOT_FOUND, `there is no bundle with the hash ${sha256}`)
  }
  if (offset > bundle.bytes) {
    const message = `the bundle has ${bundle.bytes} bytes, ${offset} is beyond its end`
    throw new FetchRefused(status.OUT_OF_RANGE, message)
  }
  const file: ReadStream = createReadStream(bundle.path, {
    start: offset,
    highWaterMark: BULK_CHUNK_BYTES,
  })
  const stop = (): void => void file.destroy()
  call.once('cancelled', stop)
  let position = offset
  try {
    for await (const data of file as AsyncIterable<Buffer>) {
      const isFlowing = call.write({ offset: position, data })
      position += data.length
      if (!isFlowing) await taken(call)
      if (call.cancelled) return
    }
  } finally {
    call.off('cancelled', stop)
    stop()
  }
  call.end()
}

/** Resolves when the agent has taken what was written, or has gone. */
function taken(call: FetchBundleCall): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      call.off('drain', done)
      call.off('cancelled', done)
      resolve()
    }
    call.once('drain', done)
    call.once('cancelled', done)
    if (call.cancelled) done()
  })
}
