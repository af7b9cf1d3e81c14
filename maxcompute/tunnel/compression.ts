/** Content-Encoding of block bodies and downloads, as transforms over chunks. Errors of the source pass through unchanged. */

import { pipeline, Readable, type Transform } from 'node:stream'
import * as zlib from 'node:zlib'

import { lz4Decompress } from '@platformatic/wasm-utils/bundled'

import { MaxComputeError } from '../errors.ts'
import type { BodyChunks } from '../http.ts'
import { decodeSnappyFramed } from './snappy-framed.ts'

export type Compression = 'none' | 'deflate' | 'zstd'

/** Fast levels: the wire is rarely slower than what a higher level costs. */
const DEFLATE_LEVEL = 1
const ZSTD_LEVEL = 1

/** What a compressor hands out at once. */
const OUTPUT_CHUNK_BYTES = 64 * 1024

/** LZ4 is decoded in one piece. It is read because it may come, and not asked for because of this bound. */
const LZ4_BYTES_MAX = 64 * 1024 * 1024

/** What a download asks for, best first. */
export const ACCEPT_ENCODING = 'zstd, deflate'

/** The header's value; null: none is sent. */
export function contentEncodingOf(compression: Compression): string | null {
  return compression === 'none' ? null : compression
}

/** A block's body as it is sent. */
export function compress(
  source: AsyncIterable<BodyChunks>,
  compression: Compression,
): AsyncIterable<BodyChunks> {
  return compression === 'none' ? source : compressed(source, compressor(compression))
}

function compressor(compression: Exclude<Compression, 'none'>): Transform {
  const chunkSize = OUTPUT_CHUNK_BYTES
  if (compression === 'deflate') return zlib.createDeflate({ level: DEFLATE_LEVEL, chunkSize })
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL }
  return zlib.createZstdCompress({ chunkSize, params })
}

async function* compressed(
  source: AsyncIterable<BodyChunks>,
  transform: Transform,
): AsyncGenerator<BodyChunks, void, undefined> {
  for await (const chunk of through(oneByOne(source), transform)) yield [chunk]
}

async function* oneByOne(
  source: AsyncIterable<BodyChunks>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunks of source) yield* chunks
}

/** `encoding`: the Content-Encoding header of a download. Damage rejects with CorruptedResponse. */
export function decompress(
  source: AsyncIterable<Uint8Array>,
  encoding: string | undefined,
): AsyncIterable<Uint8Array> {
  switch (encoding?.toLowerCase() ?? '') {
    case '':
    case 'identity':
      return source
    case 'deflate':
      return checked(through(source, zlib.createInflate({ chunkSize: OUTPUT_CHUNK_BYTES })))
    case 'zstd':
      return checked(through(source, zlib.createZstdDecompress({ chunkSize: OUTPUT_CHUNK_BYTES })))
    case 'x-snappy-framed':
      return decodeSnappyFramed(source)
    case 'x-lz4-frame':
    case 'x-odps-lz4-frame':
      return decodeLz4(source)
    default:
      throw new MaxComputeError(
        'UnsupportedEncoding',
        `The service sent a body with Content-Encoding "${encoding}", which this library cannot read and did not ask for.`,
        { reached: 'yes' },
      )
  }
}

async function* through(
  source: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncGenerator<Uint8Array, void, undefined> {
  // pipeline destroys every part with the first error, so the loop below throws it.
  pipeline(
    Readable.from(source, { objectMode: true, highWaterMark: 1 }),
    transform,
    () => undefined,
  )
  yield* transform as AsyncIterable<Buffer>
}

async function* decodeLz4(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of source) {
    bytes += chunk.length
    if (bytes > LZ4_BYTES_MAX) {
      const message = `An LZ4 body exceeds ${LZ4_BYTES_MAX} bytes. Read smaller ranges of rows.`
      throw new MaxComputeError('ResponseTooLarge', message, { reached: 'yes' })
    }
    chunks.push(chunk)
  }
  try {
    yield lz4Decompress(Buffer.concat(chunks))
  } catch (thrown) {
    throw damaged('LZ4', thrown)
  }
}

function damaged(why: string, cause: unknown): MaxComputeError {
  return new MaxComputeError(
    'CorruptedResponse',
    `A compressed body is damaged (${why}). Read it again.`,
    {
      cause,
      retry: 'backoff',
      reached: 'yes',
    },
  )
}

async function* checked(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* source
  } catch (thrown) {
    const { code } = thrown as { code?: unknown }
    if (typeof code !== 'string' || !/^(Z_|ZSTD_|ERR_ZSTD)/.test(code)) throw thrown
    throw damaged(code, thrown)
  }
}
