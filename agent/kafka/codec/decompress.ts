import { gunzipSync, zstdDecompressSync } from 'node:zlib'

import { lz4FrameDecompress } from './lz4.ts'
import { snappyStreamDecompress } from './snappy.ts'
import { DecompressedTooLarge } from './too-large.ts'

/** Codec numbers as in the attributes of a record batch. */
export const CODEC = { NONE: 0, GZIP: 1, SNAPPY: 2, LZ4: 3, ZSTD: 4 } as const

/** What node:zlib hands over per step; its default of 16 KiB costs a call per 16 KiB. */
const CHUNK_BYTES_MIN = 64 * 1024
const CHUNK_BYTES_MAX = 1024 * 1024

/**
 * Decompresses the records of one batch, to at most `bytesMax` bytes; valid until the next call. Throws
 * DecompressedTooLarge, and some other Error when the bytes are not what the codec writes.
 */
export function decompress(codec: number, bytes: Buffer, bytesMax: number): Buffer {
  switch (codec) {
    case CODEC.GZIP:
      return inflated(() => gunzipSync(bytes, zlibOptions(bytes, bytesMax)))
    case CODEC.SNAPPY:
      return snappyStreamDecompress(bytes, bytesMax)
    case CODEC.LZ4:
      return lz4FrameDecompress(bytes, bytesMax)
    case CODEC.ZSTD:
      return inflated(() => zstdDecompressSync(bytes, zlibOptions(bytes, bytesMax)))
    default:
      throw new Error(`unknown codec ${codec}`)
  }
}

function zlibOptions(
  bytes: Buffer,
  bytesMax: number,
): { maxOutputLength: number; chunkSize: number } {
  const chunkSize = Math.min(CHUNK_BYTES_MAX, Math.max(CHUNK_BYTES_MIN, bytes.length * 4))
  return { maxOutputLength: bytesMax, chunkSize }
}

function inflated(work: () => Buffer): Buffer {
  try {
    return work()
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_BUFFER_TOO_LARGE') throw error
    throw new DecompressedTooLarge('decompressed above the limit', { cause: error })
  }
}
