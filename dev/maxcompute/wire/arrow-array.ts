import type { OdpsType } from '../type/odps-type.ts'
import type { BatchHeader } from './arrow-messages.ts'
import { BlockError } from './block-error.ts'

/** One Arrow array of a record batch: views of the batch's body, checked for their size. */
export interface ArrowArray {
  readonly type: OdpsType
  readonly length: number
  /** null: no NULLs. */
  readonly validity: Uint8Array | null
  /** Fixed-width values, bits, or the bytes of text. */
  readonly data: Uint8Array
  /** length + 1 of them for text, lists and maps; else empty. */
  readonly offsets: Int32Array
  readonly children: readonly ArrowArray[]
}

const NO_OFFSETS = new Int32Array(0)
const NO_BYTES = new Uint8Array(0)
const SECONDS: OdpsType = { kind: 'bigint' }
const NANOS: OdpsType = { kind: 'int' }

export function isNullAt(array: ArrowArray, index: number): boolean {
  const { validity } = array
  return validity !== null && ((validity[index >> 3] as number) & (1 << (index & 7))) === 0
}

/** Walks the nodes and buffers of a header in schema order. `body` is null when only sizes are checked. */
export class ArrowArrayReader {
  private readonly header: BatchHeader
  private readonly body: Uint8Array | null
  private node = 0
  private buffer = 0

  constructor(header: BatchHeader, body: Uint8Array | null) {
    this.header = header
    this.body = body
  }

  array(type: OdpsType): ArrowArray {
    const { length, nullCount } = this.nextNode()
    const validityBytes = nullCount === 0 ? 0 : Math.ceil(length / 8)
    const bits = this.nextBuffer(validityBytes)
    const validity = nullCount === 0 ? null : bits
    const base = { type, length, validity, data: NO_BYTES, offsets: NO_OFFSETS, children: [] }
    switch (type.kind) {
      case 'string':
      case 'varchar':
      case 'char':
      case 'json':
      case 'binary': {
        const offsets = this.offsets(length)
        return { ...base, offsets, data: this.nextBuffer(offsets.at(-1) ?? 0) }
      }
      case 'array': {
        const offsets = this.offsets(length)
        return { ...base, offsets, children: [this.child(type.element, offsets.at(-1) ?? 0)] }
      }
      case 'vector':
        return { ...base, children: [this.child(type.element, length * type.length)] }
      case 'map': {
        const offsets = this.offsets(length)
        const entries = this.struct([type.key, type.value], offsets.at(-1) ?? 0)
        return { ...base, offsets, children: entries }
      }
      case 'struct': {
        const children = type.fields.map((f) => this.child(f.type, length))
        return { ...base, children }
      }
      case 'interval_day_time':
        return { ...base, children: [this.child(SECONDS, length), this.child(NANOS, length)] }
      default:
        return { ...base, data: this.nextBuffer(fixedBytes(type, length)) }
    }
  }

  /** The schema took everything. */
  end(): void {
    if (this.node === this.header.nodes.length && this.buffer === this.header.buffers.length) return
    throw malformed('a record batch has more columns or buffers than the schema of the session')
  }

  private struct(types: readonly OdpsType[], minLength: number): ArrowArray[] {
    const { length } = this.nextNode()
    this.nextBuffer(0)
    if (length < minLength && this.body !== null) throw malformed('a map has too few entries')
    return types.map((t) => this.child(t, length))
  }

  private child(type: OdpsType, minLength: number): ArrowArray {
    const child = this.array(type)
    if (child.length < minLength) throw malformed('a nested array is shorter than its parent says')
    return child
  }

  private offsets(length: number): Int32Array {
    // Writers may leave the buffer out for arrays without elements.
    const bytes = this.nextBuffer(length === 0 ? 0 : 4 * (length + 1))
    if (this.body === null || length === 0) return NO_OFFSETS
    const offsets = new Int32Array(bytes.buffer, bytes.byteOffset, length + 1)
    let previous = 0
    for (const offset of offsets) {
      if (offset < previous) throw malformed('the offsets of a column go backward')
      previous = offset
    }
    return offsets
  }

  private nextNode(): { readonly length: number; readonly nullCount: number } {
    const node = this.header.nodes[this.node++]
    if (node === undefined) {
      throw malformed('a record batch has fewer columns than the schema of the session')
    }
    return node
  }

  private nextBuffer(minBytes: number): Uint8Array {
    const region = this.header.buffers[this.buffer++]
    if (region === undefined) {
      throw malformed('a record batch has fewer buffers than the schema of the session needs')
    }
    const { offset, length } = region
    const isInside = offset >= 0 && length >= 0 && offset + length <= this.header.bodyBytes
    if (!isInside || offset % 8 !== 0) {
      throw malformed(`a buffer lies at ${offset}..${offset + length}, outside of its record batch`)
    }
    if (length < minBytes) {
      throw malformed(`a buffer has ${length} bytes where the column's type needs ${minBytes}`)
    }
    return this.body === null ? NO_BYTES : this.body.subarray(offset, offset + length)
  }
}

function fixedBytes(type: OdpsType, length: number): number {
  switch (type.kind) {
    case 'boolean':
      return Math.ceil(length / 8)
    case 'tinyint':
      return length
    case 'smallint':
      return 2 * length
    case 'int':
    case 'date':
    case 'float':
    case 'interval_year_month':
      return 4 * length
    case 'decimal':
      return 16 * length
    default:
      return 8 * length
  }
}

function malformed(problem: string): BlockError {
  return new BlockError('MalformedDataStream', `Arrow block: ${problem}`)
}
