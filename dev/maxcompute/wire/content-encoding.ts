import type { Transform } from 'node:stream'
import { createDeflate, createInflate, createZstdCompress, createZstdDecompress } from 'node:zlib'

import { ServiceError } from '../service-error.ts'

const OUTPUT_CHUNK_BYTES = 256 * 1024
const DEFLATE_LEVEL = 1

/** The decoder for a block's Content-Encoding; null for none. Throws InvalidArgument for unknown ones. */
export function decoderFor(encoding: string | undefined): Transform | null {
  switch (encoding?.toLowerCase() ?? '') {
    case '':
    case 'identity':
      return null
    case 'deflate':
      return createInflate({ chunkSize: OUTPUT_CHUNK_BYTES })
    case 'zstd':
      return createZstdDecompress({ chunkSize: OUTPUT_CHUNK_BYTES })
    default:
      throw new ServiceError(
        'InvalidArgument',
        `Content-Encoding '${encoding ?? ''}' is not supported: send none, deflate or zstd`,
      )
  }
}

/** The first encoding of an Accept-Encoding header that can be made; null for none. */
export function encoderFor(
  accepted: string | undefined,
): { readonly name: string; readonly stream: Transform } | null {
  for (const part of (accepted ?? '').split(',')) {
    const name = part.split(';')[0]?.trim().toLowerCase()
    if (name === 'deflate') {
      const stream = createDeflate({ level: DEFLATE_LEVEL, chunkSize: OUTPUT_CHUNK_BYTES })
      return { name, stream }
    }
    if (name === 'zstd') {
      return { name, stream: createZstdCompress({ chunkSize: OUTPUT_CHUNK_BYTES }) }
    }
  }
  return null
}
