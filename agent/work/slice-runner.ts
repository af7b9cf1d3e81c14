/**
 * One attempt of a slice, end to end: Kafka's bytes to a block of the run's upload session.
 *
 * S1. Nothing is kept: records stream from the fetch into the PUT. A try that fails is made again from the
 *     range's start, under the same block id (DESIGN I2).
 * S2. A block is complete for the service only when all ranges were read to their end and verified: any
 *     error before that breaks the PUT's body off, and the service drops it.
 * S3. Without rows there is no block.
 * S4. The counts of the result are those of the try that succeeded.
 */
import type { ColumnBatch } from '../../lib/column-batch.ts'
import type { MaxComputeClient } from '../../maxcompute/client.ts'
import { MaxComputeError } from '../../maxcompute/errors.ts'
import type { BodyChunks } from '../../maxcompute/http.ts'
import { arrowSupports, createArrowEncoder } from '../../maxcompute/tunnel/arrow-encoder.ts'
import { ARROW_CHUNK_BYTES } from '../../maxcompute/tunnel/arrow-framing.ts'
import type { BlockEncoder, BlockEncoding } from '../../maxcompute/tunnel/block-encoder.ts'
import { createRecordEncoder } from '../../maxcompute/tunnel/record-encoder.ts'
import { SendBuffers } from '../../maxcompute/tunnel/send-buffers.ts'
import type { PutBlockOptions, UploadSession } from '../../maxcompute/tunnel/upload-session.ts'
import { formatType } from '../../maxcompute/types.ts'
import type { SliceResultInput } from '../../proto/gen/sluice/agent/v1/SliceResult.ts'
import type { SliceSpec } from '../../proto/gen/sluice/agent/v1/SliceSpec.ts'
import { parseMapping, type SliceMapping } from '../convert/mapping.ts'
import type { Cluster } from '../kafka/cluster.ts'
import { KafkaError } from '../kafka/errors.ts'
import { chunkGroups } from './chunk-groups.ts'
import { openCluster } from './kafka-connection.ts'
import { openMaxCompute, uploadTarget } from './maxcompute-connection.ts'
import { sessionFailure } from './session-failure.ts'
import { SliceSource } from './slice-source.ts'
import { withCluster, withOpen } from './step.ts'
import type { Clock, Throttle } from './throttle.ts'
import { WorkFailure } from './work-error.ts'

/** Tries of one attempt, the first included, when the job does not say (maxRetryTime). */
export const SLICE_TRIES_DEFAULT = 3
const SLICE_TRIES_MAX = 10
const BACKOFF_FIRST_MS = 500
const BACKOFF_MAX_MS = 15_000
/** What passes the throttle and goes to the connection in one step; less where that would take a second and more. */
const PASS_BYTES = 256 * 1024

/** 'auto': Arrow where it carries every column of the session, records otherwise. */
export type EncodingChoice = 'auto' | BlockEncoding

export type SliceStage = 'connecting' | 'reading' | 'sending' | 'finishing'

/** Of the try under way. */
export interface SliceProgress {
  readonly stage: SliceStage
  readonly rows: number
  readonly bytesRead: number
  readonly bytesSent: number
  readonly dirtyRecords: number
}

export interface SliceOptions {
  readonly encoding: EncodingChoice
  readonly clock: Clock
  /** Of this slice; its rate may change while it runs. */
  readonly throttle: Throttle
  /** 0 up to 1, like Math.random. */
  readonly random: () => number
  readonly signal: AbortSignal
  /** Called for every batch of rows: the receiver thins it out. */
  readonly onProgress: (progress: SliceProgress) => void
  readonly onLog: (level: 'info' | 'warn', message: string) => void
  /** Told of the bytes once they have been taken. */
  readonly onPassed: (bytes: number) => void
}

/** Throws KafkaError, MaxComputeError, MappingError or WorkFailure. */
export async function runSlice(spec: SliceSpec, options: SliceOptions): Promise<SliceResultInput> {
  const mapping = parseMapping(spec)
  return withCluster(openCluster(spec.kafka), options.signal, (cluster) =>
    withOpen(openMaxCompute(spec.maxcompute), (client) =>
      new SliceRunner(spec, mapping, options, cluster, client).run(),
    ),
  )
}

class SliceRunner {
  readonly #spec: SliceSpec
  readonly #mapping: SliceMapping
  readonly #options: SliceOptions
  readonly #cluster: Cluster
  readonly #client: MaxComputeClient
  #encoding: BlockEncoding
  readonly #notes: string[] = []

  constructor(
    spec: SliceSpec,
    mapping: SliceMapping,
    options: SliceOptions,
    cluster: Cluster,
    client: MaxComputeClient,
  ) {
    this.#spec = spec
    this.#mapping = mapping
    this.#options = options
    this.#cluster = cluster
    this.#client = client
    this.#encoding = chooseEncoding(options.encoding, mapping)
  }

  async run(): Promise<SliceResultInput> {
    const { clock, signal, onLog } = this.#options
    const startedMs = clock.nowMs()
    const wanted = this.#spec.requestTriesMax
    const triesMax = wanted > 0 ? Math.min(wanted, SLICE_TRIES_MAX) : SLICE_TRIES_DEFAULT
    for (let tries = 1; ; tries++) {
      try {
        const result = await this.#try()
        const milliseconds = Math.round(clock.nowMs() - startedMs)
        return { ...result, milliseconds, notes: [...this.#notes, ...(result.notes ?? [])] }
      } catch (error) {
        if (signal.aborted || tries >= triesMax || !this.#mayTryAgain(error)) throw error
        const waitMs = this.#waitMs(tries, error)
        const message = error instanceof Error ? error.message : String(error)
        onLog(
          'warn',
          `try ${tries} of ${triesMax} failed, the next one in ${waitMs} ms: ${message}`,
        )
        await clock.sleep(waitMs, signal)
      }
    }
  }

  /** S1. */
  #mayTryAgain(error: unknown): boolean {
    // After the whole no-progress time another local try would only wait as long again.
    if (error instanceof KafkaError) return error.retryable && error.code !== 'NO_PROGRESS'
    if (!(error instanceof MaxComputeError)) return false
    if (this.#encoding === 'arrow' && ARROW_REFUSALS.has(error.code)) {
      this.#encoding = 'record'
      this.#notes.push(`the service refused an Arrow block (${error.code}): sent as records`)
      return true
    }
    return error.retry === 'backoff' || error.retry === 'resendBlock'
  }

  #waitMs(tries: number, error: unknown): number {
    const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (tries - 1))
    const heldMs = error instanceof MaxComputeError ? (error.holdMs ?? 0) : 0
    return Math.max(Math.ceil(ceiling * (0.5 + this.#options.random() / 2)), heldMs)
  }

  async #try(): Promise<SliceResultInput> {
    const { signal } = this.#options
    this.#report('connecting', null, null)
    const { uploadId, blockId, compress } = this.#spec
    const target = uploadTarget(this.#spec)
    const session = await this.#client.openUploadSession({ ...target, uploadId, signal })
    checkSchema(session, this.#mapping)
    // A failed PUT must not wait for a fetch that is under way.
    const stopReading = new AbortController()
    const reading = AbortSignal.any([signal, stopReading.signal])
    const source = new SliceSource(this.#spec, this.#mapping, this.#cluster, reading)
    const batches = source.batches()
    try {
      this.#report('reading', source, null)
      const first = await batches.next()
      if (first.done === true) return this.#result(source, null) // S3
      // A compressor reads on its own: nobody could say when it is done with a buffer.
      const buffers = compress ? null : new SendBuffers()
      const encoder = createEncoder(this.#encoding, this.#mapping, buffers)
      const body = this.#body(first.value, batches, source, encoder)
      const how: PutBlockOptions = {
        encoding: this.#encoding,
        compression: compress ? 'deflate' : 'none',
        signal,
        onTaken: (byteCount) => buffers?.taken(byteCount),
      }
      await session.putBlock(blockId, how, body)
      return this.#result(source, encoder)
    } catch (error) {
      stopReading.abort()
      throw await sessionFailure(session, error, signal)
    } finally {
      await batches.return()
    }
  }

  /** S2: throws when a range cannot be read to its end, and then the PUT breaks off. */
  async *#body(
    first: ColumnBatch,
    rest: AsyncGenerator<ColumnBatch, void, undefined>,
    source: SliceSource,
    encoder: BlockEncoder,
  ): AsyncGenerator<BodyChunks, void, undefined> {
    yield* this.#pass(encoder.write(first), source, encoder, 'sending')
    for await (const batch of rest) {
      yield* this.#pass(encoder.write(batch), source, encoder, 'sending')
    }
    yield* this.#pass(encoder.finish(), source, encoder, 'finishing')
  }

  async *#pass(
    chunks: readonly Uint8Array[],
    source: SliceSource,
    encoder: BlockEncoder,
    stage: SliceStage,
  ): AsyncGenerator<BodyChunks, void, undefined> {
    const { throttle, signal } = this.#options
    for (const group of chunkGroups(chunks, Math.min(PASS_BYTES, throttle.bytesPerSecond))) {
      await throttle.pass(group.bytes, signal)
      yield group.chunks
      this.#options.onPassed(group.bytes)
    }
    this.#report(stage, source, encoder)
  }

  #report(stage: SliceStage, source: SliceSource | null, encoder: BlockEncoder | null): void {
    this.#options.onProgress({
      stage,
      rows: encoder?.rowCount ?? 0,
      bytesRead: source?.converter.bytesRead ?? 0,
      bytesSent: encoder?.byteCount ?? 0,
      dirtyRecords: source?.converter.dirty.count ?? 0,
    })
  }

  #result(source: SliceSource, encoder: BlockEncoder | null): SliceResultInput {
    const { converter } = source
    return {
      rows: encoder?.rowCount ?? 0,
      dirtyRecords: converter.dirty.count,
      dirty: converter.dirty.kept.map((record) => ({ ...record })),
      bytesRead: converter.bytesRead,
      bytesSent: encoder?.byteCount ?? 0,
      notes: source.notes(),
    }
  }
}

/** What a deployment without an Arrow Tunnel may answer to one. */
const ARROW_REFUSALS: ReadonlySet<string> = new Set([
  'InvalidArgument',
  'InvalidParameter',
  'MethodNotAllowed',
  'InvalidURI',
])

function chooseEncoding(choice: EncodingChoice, { sessionColumns }: SliceMapping): BlockEncoding {
  if (choice === 'record') return 'record'
  return arrowSupports(sessionColumns) ? 'arrow' : 'record'
}

function createEncoder(
  encoding: BlockEncoding,
  { sessionColumns }: SliceMapping,
  buffers: SendBuffers | null,
): BlockEncoder {
  return encoding === 'arrow'
    ? createArrowEncoder(sessionColumns, ARROW_CHUNK_BYTES, buffers)
    : createRecordEncoder(sessionColumns, buffers)
}

/** The slice was planned for the session's schema: another one would put values into the wrong columns. */
function checkSchema(session: UploadSession, { sessionColumns }: SliceMapping): void {
  const seen = session.columns.map((c) => `${c.name.toLowerCase()} ${formatType(c.type)}`)
  const planned = sessionColumns.map((c) => `${c.name.toLowerCase()} ${formatType(c.type)}`)
  if (seen.join(', ') === planned.join(', ')) return
  throw new WorkFailure(
    'SESSION_LOST',
    `Upload session ${session.uploadId} has the columns ${seen.join(', ')}, but the slice was made for ${planned.join(', ')}: the table was altered while the run was going on.`,
    { retry: 'RESTART_SESSION' },
  )
}
