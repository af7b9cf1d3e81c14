/**
 * Batches of columns into the Arrow format: one encapsulated RecordBatch message per batch, in the frame of `arrow-framing.ts`.
 *
 *   payload = message*                                     # no schema message, no dictionaries, no end-of-stream marker
 *   message = ff ff ff ff, int32 LE metadataBytes, flatbuffer Message padded to 8, body
 *   body    = per column: validity, [ offsets ], values; each padded to 8
 */

import { Buffer as BufferNode } from 'apache-arrow/fb/buffer'
import { FieldNode } from 'apache-arrow/fb/field-node'
import { Message } from 'apache-arrow/fb/message'
import { MessageHeader } from 'apache-arrow/fb/message-header'
import { MetadataVersion } from 'apache-arrow/fb/metadata-version'
import { RecordBatch } from 'apache-arrow/fb/record-batch'
import { Builder } from 'flatbuffers'

import type { ColumnBatch } from '../../lib/column-batch.ts'
import { MaxComputeError } from '../errors.ts'
import type { TableColumn } from '../schema.ts'
import { formatType, type MaxComputeType } from '../types.ts'
import { type ColumnPlan, fillColumn, planColumn } from './arrow-columns.ts'
import { ARROW_CHUNK_BYTES, ArrowFramer } from './arrow-framing.ts'
import type { BlockEncoder } from './block-encoder.ts'
import { checkColumn } from './column-check.ts'
import { checkColumnCount } from './record-encoder.ts'
import { viewOf } from './record-writer.ts'
import type { SendBuffers } from './send-buffers.ts'

/** Whether every column is of a type that the Arrow encoding carries safely. Otherwise use the record encoding. */
export function arrowSupports(columns: readonly TableColumn[]): boolean {
  return arrowObstacle(columns) === null
}

/** Why the Arrow encoding is not for these columns, as a sentence; null when it is. */
export function arrowObstacle(columns: readonly TableColumn[]): string | null {
  for (const { name, type } of columns) {
    const why = obstacleOf(type)
    if (why !== null) return `Column ${name} (${formatType(type)}): ${why}`
  }
  return null
}

function obstacleOf(type: MaxComputeType): string | null {
  switch (type.kind) {
    case 'TIMESTAMP':
    case 'TIMESTAMP_NTZ':
      return 'Arrow holds only the years 1678 to 2261, the column any year from 1 to 9999'
    default:
      return unencodable(type)
  }
}

/** What this encoder cannot write at all. */
function unencodable(type: MaxComputeType): string | null {
  switch (type.kind) {
    case 'ARRAY':
    case 'MAP':
    case 'STRUCT':
    case 'VECTOR':
      return 'nested types go by the record encoding'
    case 'JSON':
    case 'GEOGRAPHY':
    case 'INTERVAL_DAY_TIME':
    case 'INTERVAL_YEAR_MONTH':
      return 'clients do not agree on its Arrow type'
    case 'DECIMAL':
      return type.precision > 38 ? 'more than 38 digits' : null
    default:
      return null
  }
}

/**
 * A block in the Arrow format. Throws UnsupportedType for columns that it cannot write.
 * TIMESTAMP columns are written although `arrowSupports` advises against it: a value out of Arrow's years throws then.
 */
export function createArrowEncoder(
  columns: readonly TableColumn[],
  chunkBytes: number = ARROW_CHUNK_BYTES,
  buffers: SendBuffers | null = null,
): BlockEncoder {
  for (const { name, type } of columns) {
    const why = unencodable(type)
    if (why === null) continue
    throw new MaxComputeError(
      'UnsupportedType',
      `Column ${name} (${formatType(type)}) cannot be sent as Arrow: ${why}. Use the record encoding.`,
    )
  }
  return new ArrowEncoder(columns, chunkBytes, buffers)
}

class ArrowEncoder implements BlockEncoder {
  readonly encoding = 'arrow'
  readonly #columns: readonly TableColumn[]
  readonly #framer: ArrowFramer
  readonly #builder = new Builder(1024)
  /** null: a buffer of its own for every message. */
  readonly #buffers: SendBuffers | null
  #rowCount = 0
  #byteCount = 0
  #finished = false

  constructor(columns: readonly TableColumn[], chunkBytes: number, buffers: SendBuffers | null) {
    this.#columns = columns
    this.#buffers = buffers
    this.#framer = new ArrowFramer(chunkBytes)
  }

  get rowCount(): number {
    return this.#rowCount
  }

  get byteCount(): number {
    return this.#byteCount
  }

  write(batch: ColumnBatch): Uint8Array[] {
    if (this.#finished) throw new TypeError('write after finish')
    checkColumnCount(batch, this.#columns)
    if (batch.rowCount === 0) return []
    const plans = batch.columns.map((column, i) => {
      const declared = this.#columns[i]!
      if (column !== null) checkColumn(column, declared, batch.rowCount)
      return planColumn(column, declared, batch.rowCount)
    })
    const layout = layOut(this.#builder, plans, batch.rowCount)
    const buffer =
      this.#buffers?.take(layout.messageBytes) ?? Buffer.allocUnsafeSlow(layout.messageBytes)
    const message = buffer.subarray(0, layout.messageBytes)
    fillMessage(message, layout, plans, batch.rowCount)
    this.#rowCount += batch.rowCount
    const chunks = this.#count(this.#framer.write(message))
    this.#buffers?.handedOut(buffer, this.#byteCount)
    return chunks
  }

  finish(): Uint8Array[] {
    if (this.#finished) throw new TypeError('finish was called before')
    this.#finished = true
    return this.#count(this.#framer.finish())
  }

  #count(chunks: Uint8Array[]): Uint8Array[] {
    for (const chunk of chunks) this.#byteCount += chunk.length
    return chunks
  }
}

const CONTINUATION = -1
const PREFIX_BYTES = 8

interface MessageLayout {
  readonly metadata: Uint8Array
  readonly metadataBytes: number
  /** Of each column's buffers, from the start of the message. */
  readonly starts: readonly (readonly number[])[]
  readonly messageBytes: number
}

function layOut(builder: Builder, plans: readonly ColumnPlan[], rowCount: number): MessageLayout {
  const starts: number[][] = []
  let bodyBytes = 0
  for (const plan of plans) {
    const own: number[] = []
    for (const bytes of plan.bufferBytes) {
      own.push(bodyBytes)
      bodyBytes += padTo8(bytes)
    }
    starts.push(own)
  }
  const metadata = encodeMetadata(builder, plans, starts, rowCount, bodyBytes)
  const metadataBytes = padTo8(metadata.length)
  const bodyStart = PREFIX_BYTES + metadataBytes
  return {
    metadata,
    metadataBytes,
    starts: starts.map((own) => own.map((start) => bodyStart + start)),
    messageBytes: bodyStart + bodyBytes,
  }
}

/** Writes every byte of `message`. */
function fillMessage(
  message: Uint8Array,
  { metadata, metadataBytes, starts }: MessageLayout,
  plans: readonly ColumnPlan[],
  rowCount: number,
): void {
  const view = viewOf(message)
  view.setInt32(0, CONTINUATION, true)
  view.setInt32(4, metadataBytes, true)
  message.set(metadata, PREFIX_BYTES)
  message.fill(0, PREFIX_BYTES + metadata.length, PREFIX_BYTES + metadataBytes)
  for (const [i, plan] of plans.entries()) {
    fillColumn(plan, rowCount, message, starts[i]!)
    zeroPadding(plan, message, starts[i]!)
  }
}

function zeroPadding(plan: ColumnPlan, message: Uint8Array, starts: readonly number[]): void {
  for (const [i, bytes] of plan.bufferBytes.entries()) {
    message.fill(0, starts[i]! + bytes, starts[i]! + padTo8(bytes))
  }
}

function encodeMetadata(
  builder: Builder,
  plans: readonly ColumnPlan[],
  starts: readonly (readonly number[])[],
  rowCount: number,
  bodyBytes: number,
): Uint8Array {
  builder.clear()
  const nodes = encodeNodes(builder, plans, rowCount)
  const buffers = encodeBuffers(builder, plans, starts)
  RecordBatch.startRecordBatch(builder)
  RecordBatch.addLength(builder, BigInt(rowCount))
  RecordBatch.addNodes(builder, nodes)
  RecordBatch.addBuffers(builder, buffers)
  const header = RecordBatch.endRecordBatch(builder)
  Message.startMessage(builder)
  Message.addVersion(builder, MetadataVersion.V5)
  Message.addHeaderType(builder, MessageHeader.RecordBatch)
  Message.addHeader(builder, header)
  Message.addBodyLength(builder, BigInt(bodyBytes))
  builder.finish(Message.endMessage(builder))
  return builder.asUint8Array()
}

function encodeNodes(builder: Builder, plans: readonly ColumnPlan[], rowCount: number): number {
  RecordBatch.startNodesVector(builder, plans.length)
  // A flatbuffer grows downwards: vectors are written from their end.
  for (const plan of plans.toReversed()) {
    FieldNode.createFieldNode(builder, BigInt(rowCount), BigInt(plan.nullCount))
  }
  return builder.endVector()
}

function encodeBuffers(
  builder: Builder,
  plans: readonly ColumnPlan[],
  starts: readonly (readonly number[])[],
): number {
  const all = plans.flatMap((plan, i) =>
    plan.bufferBytes.map((bytes, j) => [starts[i]![j]!, bytes] as const),
  )
  RecordBatch.startBuffersVector(builder, all.length)
  for (const [start, bytes] of all.toReversed()) {
    BufferNode.createBuffer(builder, BigInt(start), BigInt(bytes))
  }
  return builder.endVector()
}

function padTo8(bytes: number): number {
  return (bytes + 7) & ~7
}
