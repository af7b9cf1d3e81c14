import {
  Binary,
  Bool,
  DateDay,
  Decimal,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  List,
  makeData,
  Map_,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMillisecond,
  TimestampNanosecond,
  Utf8,
} from 'apache-arrow'
import type { Data, DataType } from 'apache-arrow'

import type { OdpsType } from '../type/odps-type.ts'
import { ArrowFrameWriter } from './arrow-frame.ts'
import type { StreamColumn } from './record-tags.ts'
import { isMapEntries, isSecondsNanos } from './value.ts'
import type { Value } from './value.ts'

const NANOS_PER_SECOND = 1_000_000_000n
/** The writer ends its stream with a marker of this size. */
const END_OF_STREAM_BYTES = 8

/** Writes columns of values as an Arrow block: framed RecordBatch messages without a schema. */
export class ArrowWriter {
  private readonly frame = new ArrowFrameWriter()
  private readonly columns: readonly StreamColumn[]

  constructor(columns: readonly StreamColumn[]) {
    this.columns = columns
  }

  get pendingBytes(): number {
    return this.frame.pendingBytes
  }

  write(values: readonly (readonly Value[])[]): void {
    const stream = encodeStream(this.columns, values)
    const prefix = new DataView(stream.buffer, stream.byteOffset)
    const schemaBytes = 8 + prefix.getInt32(4, true)
    this.frame.payload(stream.subarray(schemaBytes, stream.byteLength - END_OF_STREAM_BYTES))
  }

  finish(): void {
    this.frame.finish()
  }

  take(): Buffer {
    return this.frame.take()
  }
}

/** A whole Arrow IPC stream: schema, one record batch, end marker. */
export function encodeStream(
  columns: readonly StreamColumn[],
  values: readonly (readonly Value[])[],
): Uint8Array {
  const children = columns.map((c, i) => toData(c.type, values[i] ?? []))
  const fields = columns.map((c) => new Field(c.name, toArrowType(c.type), true))
  const length = values[0]?.length ?? 0
  const data = makeData({ type: new Struct(fields), length, nullCount: 0, children })
  const batch = new RecordBatch(new Schema(fields), data)
  return RecordBatchStreamWriter.writeAll([batch]).toUint8Array(true)
}

function toArrowType(type: OdpsType): DataType {
  switch (type.kind) {
    case 'boolean':
      return new Bool()
    case 'tinyint':
      return new Int8()
    case 'smallint':
      return new Int16()
    case 'int':
    case 'interval_year_month':
      return new Int32()
    case 'bigint':
      return new Int64()
    case 'float':
      return new Float32()
    case 'double':
      return new Float64()
    case 'string':
    case 'varchar':
    case 'char':
    case 'json':
      return new Utf8()
    case 'binary':
      return new Binary()
    case 'date':
      return new DateDay()
    case 'datetime':
      return new TimestampMillisecond()
    case 'timestamp':
    case 'timestamp_ntz':
      return new TimestampNanosecond()
    case 'decimal':
      return new Decimal(type.scale, type.precision, 128)
    case 'interval_day_time':
      return new Struct([new Field('sec', new Int64(), true), new Field('nano', new Int32(), true)])
    case 'array':
      return new List(new Field('item', toArrowType(type.element), true))
    case 'vector':
      return new FixedSizeList(type.length, new Field('item', toArrowType(type.element), true))
    case 'map':
      return new Map_(new Field('entries', entriesType(type.key, type.value), false))
    case 'struct':
      return new Struct(type.fields.map((f) => new Field(f.name, toArrowType(f.type), true)))
  }
}

function entriesType(key: OdpsType, value: OdpsType): Struct<{ key: DataType; value: DataType }> {
  return new Struct([
    new Field('key', toArrowType(key), false),
    new Field('value', toArrowType(value), true),
  ])
}

function toData(type: OdpsType, values: readonly Value[]): Data {
  const arrowType = toArrowType(type)
  const nullBitmap = bitmap(values, (v) => v !== null)
  const nullCount = values.reduce((count: number, v) => count + (v === null ? 1 : 0), 0)
  const base = { type: arrowType, length: values.length, nullCount, nullBitmap }
  switch (type.kind) {
    case 'string':
    case 'varchar':
    case 'char':
    case 'json':
    case 'binary': {
      const bytes = values.map((v) => (v instanceof Uint8Array ? v : new Uint8Array(0)))
      const valueOffsets = offsetsOf(bytes.map((b) => b.byteLength))
      return anyData({ ...base, valueOffsets, data: Buffer.concat(bytes) })
    }
    case 'array': {
      const lists = values.map((v) => (Array.isArray(v) ? (v as readonly Value[]) : []))
      const child = toData(type.element, lists.flat())
      return anyData({ ...base, valueOffsets: offsetsOf(lists.map((l) => l.length)), child })
    }
    case 'vector': {
      const empty = Array.from({ length: type.length }, () => null)
      const lists = values.map((v) => (Array.isArray(v) ? (v as readonly Value[]) : empty))
      return anyData({ ...base, child: toData(type.element, lists.flat()) })
    }
    case 'map': {
      const maps = values.map((v) => (isMapEntries(v) ? v.entries : []))
      const entries = maps.flat()
      const keys = entries.map(([k]) => k)
      const items = entries.map(([, v]) => v)
      const child = makeData({
        type: entriesType(type.key, type.value),
        length: entries.length,
        nullCount: 0,
        children: [toData(type.key, keys), toData(type.value, items)],
      })
      return anyData({ ...base, valueOffsets: offsetsOf(maps.map((m) => m.length)), child })
    }
    case 'struct': {
      const children = type.fields.map((f, i) =>
        toData(
          f.type,
          values.map((v) => (Array.isArray(v) ? ((v[i] as Value) ?? null) : null)),
        ),
      )
      return anyData({ ...base, children })
    }
    case 'interval_day_time': {
      const seconds = values.map((v) => (isSecondsNanos(v) ? v.seconds : null))
      const nanos = values.map((v) => (isSecondsNanos(v) ? BigInt(v.nanos) : null))
      return anyData({
        ...base,
        children: [toData({ kind: 'bigint' }, seconds), toData({ kind: 'int' }, nanos)],
      })
    }
    default:
      return anyData({ ...base, data: fixedData(type, values) })
  }
}

function fixedData(type: OdpsType, values: readonly Value[]): ArrayBufferView {
  switch (type.kind) {
    case 'boolean':
      return bitmap(values, (v) => v === true)
    case 'tinyint':
      return Int8Array.from(values, Number)
    case 'smallint':
      return Int16Array.from(values, Number)
    case 'float':
      return Float32Array.from(values, Number)
    case 'double':
      return Float64Array.from(values, Number)
    case 'bigint':
    case 'datetime':
      return BigInt64Array.from(values, (v) => (typeof v === 'bigint' ? v : 0n))
    case 'timestamp':
    case 'timestamp_ntz':
      return BigInt64Array.from(values, (v) =>
        isSecondsNanos(v) ? v.seconds * NANOS_PER_SECOND + BigInt(v.nanos) : 0n,
      )
    case 'decimal':
      return decimals(values)
    default:
      return Int32Array.from(values, Number)
  }
}

/** Values come as text with exactly the column's scale. */
function decimals(values: readonly Value[]): Uint32Array {
  const words = new BigInt64Array(2 * values.length)
  for (const [i, value] of values.entries()) {
    if (!(value instanceof Uint8Array)) continue
    const scaled = BigInt(Buffer.from(value).toString('latin1').replace('.', ''))
    words[2 * i] = BigInt.asIntN(64, scaled)
    words[2 * i + 1] = scaled >> 64n
  }
  return new Uint32Array(words.buffer)
}

function bitmap(values: readonly Value[], isSet: (value: Value) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 64) * 8)
  for (const [i, value] of values.entries()) {
    if (isSet(value)) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7))
  }
  return bits
}

function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1)
  for (const [i, length] of lengths.entries()) offsets[i + 1] = (offsets[i] as number) + length
  return offsets
}

/** The library's overloads are per type; the type is only known at run time here. */
const anyData = makeData as unknown as (properties: object) => Data
