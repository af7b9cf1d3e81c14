/**
 * What both block encodings have in common: batches of columns in, bytes of one block out.
 *
 * B1. Returned chunks belong to the caller: an encoder never touches a chunk again after it returned it,
 *     so a socket or a compressor may hold on to it as long as it likes. (With `SendBuffers`: until these are told that it was taken.)
 * B2. The batch is only read during `write`. Everything that is needed of it has been copied when `write` returns.
 * B3. A value that the type cannot hold makes `write` throw (InvalidValue, with column and row). Check values beforehand
 *     (`check-value.ts`): after a throw the encoder is of no use any more.
 */

import type { ColumnBatch } from '../../lib/column-batch.ts'
import type { BodyChunks } from '../http.ts'

export type BlockEncoding = 'record' | 'arrow'

export interface BlockEncoder {
  readonly encoding: BlockEncoding
  /** Rows written so far. */
  readonly rowCount: number
  /** Bytes of the block so far, before compression, without the footer. */
  readonly byteCount: number
  /** Encodes the batch. The chunks may be fewer than what was encoded: the rest comes with the next call or with `finish`. */
  write(batch: ColumnBatch): Uint8Array[]
  /** The rest and the footer. Nothing may be written after it. */
  finish(): Uint8Array[]
}

/** The body for `UploadSession.putBlock`: every batch encoded, then the footer. An error of the source passes through unchanged. */
export async function* encodeBlock(
  encoder: BlockEncoder,
  batches: AsyncIterable<ColumnBatch> | Iterable<ColumnBatch>,
): AsyncGenerator<BodyChunks, void, undefined> {
  for await (const batch of batches) yield encoder.write(batch)
  yield encoder.finish()
}
