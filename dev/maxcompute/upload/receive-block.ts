import { open, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { Readable, Transform } from 'node:stream'

import { BlockError } from '../wire/block-error.ts'
import { decoderFor } from '../wire/content-encoding.ts'
import type { BlockReader } from '../wire/record-reader.ts'

/** Pieces are gathered to this size before they are written. */
const WRITE_BYTES = 1024 * 1024

/**
 * Reads a block's body through `reader`, which throws when it is not a whole and right block, and writes it to
 * `file`, synced; null for no file. Returns the number of bytes after Content-Encoding.
 */
export async function receiveBlock(
  body: Readable,
  encoding: string | undefined,
  reader: BlockReader,
  file: string | null,
): Promise<number> {
  const decoder = decoderFor(encoding)
  const handle = file === null ? null : await open(file, 'w')
  try {
    const bytes = await readPieces(decoder === null ? body : decode(body, decoder), reader, handle)
    reader.end()
    await handle?.datasync()
    return bytes
  } catch (error) {
    if (file !== null) await rm(file, { force: true })
    throw asBlockError(error)
  } finally {
    await handle?.close()
    // A refused body is read to its end, so that the client gets the refusal instead of a reset.
    body.unpipe()
    body.resume()
    decoder?.destroy()
  }
}

/** `pipeline` would destroy the request, and with it the socket, as soon as the decoder fails. */
function decode(body: Readable, decoder: Transform): Transform {
  body.on('error', (error) => decoder.destroy(error))
  return body.pipe(decoder)
}

async function readPieces(
  pieces: Readable,
  reader: BlockReader,
  handle: FileHandle | null,
): Promise<number> {
  let bytes = 0
  let waiting: Buffer[] = []
  let waitingBytes = 0
  const iterator = pieces.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
  for await (const piece of iterator) {
    bytes += piece.byteLength
    reader.push(piece)
    if (handle === null) continue
    waiting.push(piece)
    waitingBytes += piece.byteLength
    if (waitingBytes < WRITE_BYTES) continue
    await handle.writev(waiting)
    waiting = []
    waitingBytes = 0
  }
  if (handle !== null && waiting.length > 0) await handle.writev(waiting)
  return bytes
}

function asBlockError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof BlockError) return error
  const code = 'code' in error ? String(error.code) : ''
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'Z_BUF_ERROR') {
    return new BlockError('IncompleteBody', `the body was cut: ${error.message}`, { cause: error })
  }
  if (code.startsWith('Z_') || code.startsWith('ZSTD_')) {
    const message = `the body cannot be decompressed: ${error.message}`
    return new BlockError('MalformedDataStream', message, { cause: error })
  }
  return error
}
