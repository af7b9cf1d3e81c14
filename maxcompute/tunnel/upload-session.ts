/**
 * A batch upload session: blocks go in, in any order and from any process, and one `complete` publishes all of them.
 *
 * U1. A body that breaks off is never complete for the service: when its source fails, the socket is destroyed before the terminating chunk.
 * U2. Sending a block again under its id replaces it. Nothing here re-sends a block on its own: its source can be read only once.
 * U3. `complete` is not idempotent at the service, so a doubtful outcome is resolved by asking for the status (never by opening another session).
 */

import type { MaxComputeError } from '../errors.ts'
import type { PartitionSpec } from '../partition-spec.ts'
import type { TableColumn } from '../schema.ts'
import type { BlockEncoding } from './block-encoder.ts'

export type Compression = 'none' | 'deflate' | 'zstd'

/** `committing` is folded into `closing`. Anything that the service says beyond its list is `unknown`. */
export type UploadStatus =
  | 'normal'
  | 'closing'
  | 'closed'
  | 'canceled'
  | 'expired'
  | 'critical'
  | 'unknown'

export interface UploadedBlock {
  readonly blockId: number
  readonly version: number
}

export interface UploadState {
  readonly uploadId: string
  readonly status: UploadStatus
  /** Sorted by id. */
  readonly blocks: readonly UploadedBlock[]
  readonly requestId: string | undefined
}

export interface PutBlockOptions {
  readonly encoding: BlockEncoding
  readonly compression: Compression
  readonly signal?: AbortSignal
}

export interface PutBlockResult {
  /** Bytes sent, after compression. */
  readonly sentBytes: number
  readonly requestId: string | undefined
}

/** Why we believe what we say about a commit; fit for a log and for a person. */
export interface CompleteEvidence {
  readonly uploadId: string
  /** The last status that the service told, if any. */
  readonly status: UploadStatus | 'noSuchUpload' | null
  readonly reason: string
  readonly missingBlockIds: readonly number[]
  readonly unexpectedBlockIds: readonly number[]
  readonly posts: number
  readonly requestId: string | undefined
  readonly error: MaxComputeError | undefined
}

export type CompleteOutcome =
  | { readonly kind: 'committed'; readonly evidence: CompleteEvidence }
  | { readonly kind: 'notCommitted'; readonly evidence: CompleteEvidence }
  | { readonly kind: 'unknown'; readonly evidence: CompleteEvidence }

export interface UploadSession {
  readonly uploadId: string
  readonly columns: readonly TableColumn[]
  readonly partitionKeys: readonly TableColumn[]
  readonly partition: PartitionSpec | null
  readonly overwrite: boolean
  readonly maxFieldSizeBytes: number

  /** Status and blocks, from the service. Retries on back-off errors. NoSuchUpload is thrown. */
  getStatus(options?: { readonly signal?: AbortSignal }): Promise<UploadState>

  /**
   * Sends one block as a stream, with back-pressure. `body` is the encoded block, not compressed (see `encodeBlock`).
   * An error of `body` rejects with that same error. Everything else rejects with a `MaxComputeError`.
   */
  putBlock(
    blockId: number,
    options: PutBlockOptions,
    body: AsyncIterable<Uint8Array>,
  ): Promise<PutBlockResult>

  /** One POST, no retry, on a connection of its own. Resolves only when the service says that the session is closed. */
  postComplete(options?: { readonly signal?: AbortSignal }): Promise<UploadState>

  /** Compares the blocks, posts, and resolves doubt by status. May be called again, by anyone, at any time. Never throws except when aborted. */
  complete(options: {
    readonly expectedBlockIds: readonly number[]
    readonly signal?: AbortSignal
  }): Promise<CompleteOutcome>
}
