/**
 * A batch upload session: blocks go in, in any order and from any process, and one `complete` publishes all of them.
 *
 * U1. A body that breaks off is never complete for the service: when its source fails, the socket is destroyed before the terminating chunk.
 * U2. Sending a block again under its id replaces it. Nothing here re-sends a block on its own: its source can be read only once.
 * U3. `complete` is not idempotent at the service, so a doubtful outcome is resolved by asking for the status (never by opening another session).
 */

import { MaxComputeError } from '../errors.ts'
import type { BodyChunks } from '../http.ts'
import { type PartitionSpec, tunnelForm } from '../partition-spec.ts'
import { NEVER, REPEATABLE } from '../retry.ts'
import type { TableColumn } from '../schema.ts'
import type { Service, ServiceRequest } from '../service.ts'
import type { BlockEncoding } from './block-encoder.ts'
import { type CompleteOutcome, completeUpload } from './complete.ts'
import { compress, type Compression, contentEncodingOf } from './compression.ts'
import {
  parseDescription,
  parseState,
  type UploadDescription,
  type UploadState,
} from './upload-state.ts'

/** The service's range of block ids: 0 to 19,999. */
export const BLOCK_ID_MAX = 19_999

/** Commits of many blocks are slow. */
const COMPLETE_ANSWER_MS_MAX = 300_000

export interface UploadTarget {
  readonly table: string
  /** Required for a partitioned table, and only there. */
  readonly partition?: PartitionSpec
}

export interface CreateUploadOptions extends UploadTarget {
  /** Old rows of the table or partition are replaced when the session is completed. */
  readonly overwrite?: boolean
  /** Creates the partition if it is not there. */
  readonly createPartition?: boolean
  readonly signal?: AbortSignal
}

export interface OpenUploadOptions extends UploadTarget {
  readonly uploadId: string
  readonly signal?: AbortSignal
}

export interface PutBlockOptions {
  readonly encoding: BlockEncoding
  readonly compression: Compression
  readonly signal?: AbortSignal
  /**
   * Told how many of the body's first bytes are not looked at any more, so that their memory may be used
   * again (`SendBuffers`). Never called with a compression.
   */
  readonly onTaken?: (byteCount: number) => void
}

export interface PutBlockResult {
  /** Bytes sent, after compression. */
  readonly sentBytes: number
  readonly requestId: string | undefined
}

/** Opens a session at the service. Repeated on back-off errors: a session whose answer was lost stays unused and expires. */
export async function createUploadSession(
  service: Service,
  options: CreateUploadOptions,
): Promise<UploadSession> {
  const answer = await service.call({
    ...sessionRequest(service, options, {
      uploads: '',
      ...(options.overwrite === true ? { overwrite: 'true' } : {}),
      ...(options.createPartition === true ? { create_partition: 'true' } : {}),
    }),
    method: 'POST',
    retry: REPEATABLE,
    signal: options.signal,
  })
  const description = parseDescription(answer, null)
  const overwrite = options.overwrite === true || description.overwrite
  return new UploadSession(service, options, { ...description, overwrite })
}

/** A session that exists already, also in another process. Throws NoSuchUpload. */
export async function openUploadSession(
  service: Service,
  options: OpenUploadOptions,
): Promise<UploadSession> {
  const { uploadId } = options
  const answer = await service.call({
    ...sessionRequest(service, options, { uploadid: uploadId }),
    method: 'GET',
    signal: options.signal,
  })
  return new UploadSession(service, options, parseDescription(answer, uploadId))
}

type SessionRequest = Pick<ServiceRequest, 'endpoint' | 'path' | 'query'>

/** The partition is repeated on every request of a session. */
function sessionRequest(
  service: Service,
  { table, partition }: UploadTarget,
  query: Readonly<Record<string, string>>,
): SessionRequest {
  const { quotaName } = service.options
  return {
    endpoint: 'tunnel',
    path: service.tablePath(table),
    query: {
      ...query,
      ...(partition === undefined ? {} : { partition: tunnelForm(partition) }),
      ...(quotaName === undefined ? {} : { quotaName }),
    },
  }
}

export class UploadSession {
  readonly uploadId: string
  /** Data columns, in the order of the blocks. */
  readonly columns: readonly TableColumn[]
  readonly partitionKeys: readonly TableColumn[]
  readonly partition: PartitionSpec | null
  readonly overwrite: boolean
  /** The longest value of one field; longer ones are refused by the service (see `check-value.ts`). */
  readonly maxFieldSizeBytes: number
  readonly #service: Service
  readonly #target: UploadTarget

  constructor(service: Service, target: UploadTarget, description: UploadDescription) {
    this.#service = service
    this.#target = target
    this.uploadId = description.uploadId
    this.columns = description.schema.columns
    this.partitionKeys = description.schema.partitionKeys
    this.partition = target.partition ?? null
    this.overwrite = description.overwrite
    this.maxFieldSizeBytes = description.maxFieldSizeBytes
  }

  /** Status and blocks, from the service. Repeated on back-off errors. NoSuchUpload is thrown. */
  async getStatus(options: { readonly signal?: AbortSignal } = {}): Promise<UploadState> {
    const answer = await this.#service.call({
      ...this.#request({}),
      method: 'GET',
      signal: options.signal,
    })
    return parseState(answer, this.uploadId)
  }

  /**
   * Sends one block as a stream, with back-pressure, on a connection of its own. `body` is the encoded block, not compressed (see `encodeBlock`).
   * An error of `body` rejects with that same error (U1). Everything else rejects with a `MaxComputeError`.
   */
  async putBlock(
    blockId: number,
    options: PutBlockOptions,
    body: AsyncIterable<BodyChunks>,
  ): Promise<PutBlockResult> {
    checkBlockId(blockId)
    const watched = new WatchedSource(body)
    const sent = new CountedSource(compress(watched, options.compression))
    const contentEncoding = contentEncodingOf(options.compression)
    try {
      const answer = await this.#service.call({
        ...this.#request({
          blockid: String(blockId),
          ...(options.encoding === 'arrow' ? { arrow: '' } : {}),
        }),
        method: 'PUT',
        headers: {
          'Content-Type': 'application/octet-stream',
          ...(contentEncoding === null ? {} : { 'Content-Encoding': contentEncoding }),
        },
        body: sent,
        onBodyTaken: options.compression === 'none' ? options.onTaken : undefined,
        retry: NEVER, // U2
        freshConnection: true,
        signal: options.signal,
      })
      return { sentBytes: sent.bytes, requestId: answer.requestId }
    } catch (error) {
      throw watched.failure === null ? error : watched.failure.error
    }
  }

  /**
   * One POST, no retry, on a connection of its own. Resolves with what the service answered: anything but `closed` needs another look.
   * Whatever it throws with `reached` other than "no" says nothing about the commit (U3): ask `getStatus`.
   */
  async postComplete(options: { readonly signal?: AbortSignal } = {}): Promise<UploadState> {
    const answer = await this.#service.call({
      ...this.#request({}),
      method: 'POST',
      retry: NEVER,
      freshConnection: true,
      answerMsMax: COMPLETE_ANSWER_MS_MAX,
      signal: options.signal,
    })
    try {
      return parseState(answer, this.uploadId)
    } catch (thrown) {
      // A bad body behind a 200 does not undo a commit.
      throw new MaxComputeError(
        'UnexpectedResponse',
        `${answer.where}: the answer to complete is not understood; the session's status tells`,
        { httpStatus: answer.status, retry: 'resolveByGet', reached: 'maybe', cause: thrown },
      )
    }
  }

  /**
   * Compares the blocks, posts, and resolves doubt by the session's status. May be called again, by anyone, at any time.
   * Throws only when aborted.
   */
  async complete(options: {
    readonly expectedBlockIds: readonly number[]
    readonly signal?: AbortSignal
  }): Promise<CompleteOutcome> {
    const port = {
      uploadId: this.uploadId,
      clock: this.#service.clock,
      getStatus: this.getStatus.bind(this),
      postComplete: this.postComplete.bind(this),
    }
    return completeUpload(port, options.expectedBlockIds, options.signal)
  }

  #request(query: Readonly<Record<string, string>>): SessionRequest {
    return sessionRequest(this.#service, this.#target, { uploadid: this.uploadId, ...query })
  }
}

function checkBlockId(blockId: number): void {
  if (Number.isInteger(blockId) && blockId >= 0 && blockId <= BLOCK_ID_MAX) return
  throw new MaxComputeError(
    'InvalidBlockID',
    `Block id ${blockId} is not a whole number from 0 to ${BLOCK_ID_MAX}`,
  )
}

/** Remembers that it was the source that failed, so that its error can be told from the network's. */
class WatchedSource implements AsyncIterable<BodyChunks> {
  readonly #source: AsyncIterable<BodyChunks>
  failure: { readonly error: unknown } | null = null

  constructor(source: AsyncIterable<BodyChunks>) {
    this.#source = source
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<BodyChunks, void, undefined> {
    try {
      for await (const chunks of this.#source) yield chunks
    } catch (error) {
      this.failure = { error }
      throw error
    }
  }
}

class CountedSource implements AsyncIterable<BodyChunks> {
  readonly #source: AsyncIterable<BodyChunks>
  bytes = 0

  constructor(source: AsyncIterable<BodyChunks>) {
    this.#source = source
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<BodyChunks, void, undefined> {
    for await (const chunks of this.#source) {
      for (const chunk of chunks) this.bytes += chunk.length
      yield chunks
    }
  }
}
