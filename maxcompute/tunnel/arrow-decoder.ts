/**
 * The Arrow payload (RecordBatch messages only) into rows. Arrow's own library reads the messages, after it has been given
 * the schema message that the wire leaves out; values are taken from its buffers, so that no precision is lost.
 */

import {
  Binary,
  Bool,
  type Data,
  type DataType,
  DateDay,
  Decimal,
  Field,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  IntervalYearMonth,
  List,
  Map_,
  RecordBatchReader,
  Schema,
  Struct,
  Table,
  tableToIPC,
  TimestampMillisecond,
  TimestampNanosecond,
  Utf8,
} from 'apache-arrow'

import { MaxComputeError } from '../errors.ts'
import type { TableColumn } from '../schema.ts'
import { formatType, type MaxComputeType } from '../types.ts'
import { ArrowDeframer } from './arrow-framing.ts'
import type { Row, RowValue } from './row-value.ts'

/** An end-of-stream marker: a continuation and a length of zero. */
const END_OF_STREAM_BYTES = 8

/** Rows of a framed Arrow stream, batch by batch. Rejects with CorruptedResponse when the frame's checksums differ. */
export async function* decodeArrow(
  columns: readonly TableColumn[],
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Row[], void, undefined> {
  const fields = columns.map((column) => new Field(column.name, arrowTypeOf(column), true))
  const schema = new Schema(fields)
  const reader = await RecordBatchReader.from(withSchema(schema, deframe(body)))
  for await (const batch of reader) {
    const rows: Row[] = []
    for (let row = 0; row < batch.numRows; row++) {
      rows.push(columns.map(({ type }, i) => valueAt(batch.data.children[i]!, type, row)))
    }
    yield rows
  }
}

async function* deframe(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const deframer = new ArrowDeframer()
  for await (const chunk of body) yield* deframer.push(chunk)
  yield* deframer.end()
}

async function* withSchema(
  schema: Schema,
  payload: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const stream = tableToIPC(new Table(schema), 'stream')
  yield stream.subarray(0, stream.length - END_OF_STREAM_BYTES)
  yield* payload
}

function arrowTypeOf({ name, type }: TableColumn): DataType {
  const arrow = arrowType(type)
  if (arrow !== null) return arrow
  throw new MaxComputeError(
    'UnsupportedType',
    `Column ${name} (${formatType(type)}) cannot be read as Arrow. Read records instead.`,
  )
}

function arrowType(type: MaxComputeType): DataType | null {
  switch (type.kind) {
    case 'BOOLEAN':
      return new Bool()
    case 'TINYINT':
      return new Int8()
    case 'SMALLINT':
      return new Int16()
    case 'INT':
      return new Int32()
    case 'BIGINT':
      return new Int64()
    case 'FLOAT':
      return new Float32()
    case 'DOUBLE':
      return new Float64()
    case 'STRING':
    case 'VARCHAR':
    case 'CHAR':
    case 'JSON':
      return new Utf8()
    case 'BINARY':
      return new Binary()
    case 'DATE':
      return new DateDay()
    case 'DATETIME':
      return new TimestampMillisecond()
    case 'TIMESTAMP':
    case 'TIMESTAMP_NTZ':
      return new TimestampNanosecond()
    case 'DECIMAL':
      return new Decimal(type.scale, type.precision, type.precision > 38 ? 256 : 128)
    case 'INTERVAL_YEAR_MONTH':
      return new IntervalYearMonth()
    case 'INTERVAL_DAY_TIME':
      return struct([
        ['sec', new Int64()],
        ['nano', new Int32()],
      ])
    default:
      return nestedArrowType(type)
  }
}

function nestedArrowType(type: MaxComputeType): DataType | null {
  switch (type.kind) {
    case 'ARRAY': {
      const element = arrowType(type.element)
      return element === null ? null : new List(new Field('item', element, true))
    }
    case 'MAP': {
      const key = arrowType(type.key)
      const value = arrowType(type.value)
      if (key === null || value === null) return null
      const entry = new Struct([new Field('key', key, false), new Field('value', value, true)])
      return new Map_(new Field('entries', entry, false))
    }
    case 'STRUCT': {
      const fields = type.fields.map((field) => [field.name, arrowType(field.type)] as const)
      return fields.some((field) => field[1] === null)
        ? null
        : struct(fields as readonly (readonly [string, DataType])[])
    }
    default:
      return null
  }
}

function struct(fields: readonly (readonly [string, DataType])[]): DataType {
  return new Struct(fields.map(([name, type]) => new Field(name, type, true)))
}

function valueAt(data: Data, type: MaxComputeType, row: number): RowValue {
  if (!data.getValid(row)) return null
  switch (type.kind) {
    case 'BOOLEAN': {
      const bits = data.values as Uint8Array
      const bit = data.offset + row
      return ((bits[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0
    }
    case 'BIGINT':
      return (data.values as BigInt64Array)[row]!
    case 'DATETIME':
      return new Date(Number((data.values as BigInt64Array)[row]!))
    case 'TIMESTAMP':
    case 'TIMESTAMP_NTZ':
      return fromNanoseconds((data.values as BigInt64Array)[row]!)
    case 'DECIMAL':
      return decimalAt(data, type, row)
    case 'INTERVAL_DAY_TIME':
      return {
        seconds: (data.children[0]!.values as BigInt64Array)[row]!,
        nanos: (data.children[1]!.values as Int32Array)[row]!,
      }
    case 'ARRAY':
      return range(data, row).map((i) => valueAt(data.children[0]!, type.element, i))
    case 'MAP':
      return range(data, row).map((i): RowValue => {
        const entries = data.children[0]!
        const key = valueAt(entries.children[0]!, type.key, i)
        return [key, valueAt(entries.children[1]!, type.value, i)]
      })
    case 'STRUCT':
      return Object.fromEntries(
        type.fields.map((f, i) => [f.name, valueAt(data.children[i]!, f.type, row)]),
      )
    case 'STRING':
    case 'VARCHAR':
    case 'CHAR':
    case 'BINARY':
    case 'JSON':
      return bytesAt(data, row)
    default:
      return (data.values as Int32Array)[row]!
  }
}

function bytesAt(data: Data, row: number): Buffer {
  const offsets = data.valueOffsets as Int32Array
  const values = data.values as Uint8Array
  return Buffer.from(values.subarray(offsets[row], offsets[row + 1]))
}

/** The places of a list's elements in its child. */
function range(data: Data, row: number): number[] {
  const offsets = data.valueOffsets as Int32Array
  const start = offsets[row]!
  return Array.from({ length: offsets[row + 1]! - start }, (_, i) => start + i)
}

const NANOS_PER_SECOND = 1_000_000_000n

function fromNanoseconds(total: bigint): RowValue {
  const remainder = total % NANOS_PER_SECOND
  const nanos = remainder < 0n ? remainder + NANOS_PER_SECOND : remainder
  return { seconds: (total - nanos) / NANOS_PER_SECOND, nanos: Number(nanos) }
}

function decimalAt(
  data: Data,
  type: { readonly precision: number; readonly scale: number },
  row: number,
): string {
  const words = type.precision > 38 ? 8 : 4
  const values = data.values as Uint32Array
  let unsigned = 0n
  for (let i = words - 1; i >= 0; i--) {
    unsigned = (unsigned << 32n) | BigInt(values[row * words + i]!)
  }
  const value = BigInt.asIntN(words * 32, unsigned)
  const digits = (value < 0n ? -value : value).toString().padStart(type.scale + 1, '0')
  const whole = digits.slice(0, digits.length - type.scale)
  const text = type.scale === 0 ? whole : `${whole}.${digits.slice(-type.scale)}`
  return value < 0n ? `-${text}` : text
}
