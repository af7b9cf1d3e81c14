import type { OdpsType } from '../type/odps-type.ts'
import type { BlockError, BlockErrorCode } from './block-error.ts'
import type { ByteCursor } from './byte-cursor.ts'
import { CRC_START, crcByte, crcBytes, crcWord } from './crc32c.ts'
import type { Value } from './value.ts'
import { checkWordRange, wordsToBigInt } from './word-range.ts'

/** Elements of one array or map: a bound against a length that was read from garbage. */
const ELEMENTS_MAX = 8 * 1024 * 1024
const NANOS_PER_SECOND = 1_000_000_000

const bits = new DataView(new ArrayBuffer(8))

/**
 * Reads ARRAY, MAP, STRUCT and VECTOR values.
 *
 *     array  = varint(count) element*          element = flag(01 NULL | 00) [value]
 *     map    = array(keys) array(values)       of equal counts
 *     struct = (flag [value])*                 in declared order, without a count
 *     vector = varint(count) value*            without flags
 *
 * Only the scalars inside are fed to the checksum, neither counts nor flags.
 */
export class NestedReader {
  crc = CRC_START
  private readonly cursor: ByteCursor
  private readonly error: (code: BlockErrorCode, message: string) => BlockError

  constructor(cursor: ByteCursor, error: (code: BlockErrorCode, message: string) => BlockError) {
    this.cursor = cursor
    this.error = error
  }

  value(type: OdpsType): Value {
    switch (type.kind) {
      case 'array':
        return this.elements(this.count(), () => this.flagged(type.element))
      case 'vector': {
        const count = this.count()
        if (count !== type.length) {
          throw this.error('MalformedDataStream', `a vector of ${type.length} has ${count} values`)
        }
        return this.elements(count, () => this.value(type.element))
      }
      case 'struct':
        return type.fields.map((f) => this.flagged(f.type))
      case 'map': {
        const keys = this.elements(this.count(), () => this.flagged(type.key))
        const count = this.count()
        if (count !== keys.length) {
          throw this.error('MalformedDataStream', `a map has ${keys.length} keys, ${count} values`)
        }
        return { entries: keys.map((key) => [key, this.flagged(type.value)] as const) }
      }
      case 'float':
        return this.float()
      case 'double':
        return this.double()
      case 'boolean':
        return this.boolean()
      case 'timestamp':
      case 'timestamp_ntz':
      case 'interval_day_time':
        return this.secondsNanos()
      case 'string':
      case 'varchar':
      case 'char':
      case 'binary':
      case 'json':
      case 'decimal':
        return this.bytes()
      default:
        return this.integer(type.kind)
    }
  }

  private elements(count: number, read: () => Value): Value[] {
    const values: Value[] = []
    for (let i = 0; i < count; i += 1) values.push(read())
    return values
  }

  private flagged(type: OdpsType): Value {
    const flag = this.cursor.data[this.cursor.take(1)]
    if (flag === 1) return null
    if (flag !== 0) throw this.error('MalformedDataStream', `a NULL flag is ${flag}, not 0 or 1`)
    return this.value(type)
  }

  private count(): number {
    this.cursor.varint()
    const { low, high } = this.cursor
    if (high !== 0 || low >>> 0 > ELEMENTS_MAX) {
      throw this.error('MalformedDataStream', `a value has more than ${ELEMENTS_MAX} elements`)
    }
    return low
  }

  private integer(kind: OdpsType['kind']): bigint {
    this.cursor.zigzag()
    const { low, high } = this.cursor
    const problem = checkWordRange(kind, low, high)
    if (problem !== null) throw this.error('MalformedDataStream', problem)
    this.crc = crcWord(crcWord(this.crc, low), high)
    return wordsToBigInt(low, high)
  }

  private boolean(): boolean {
    this.cursor.varint()
    const { low, high } = this.cursor
    if (high !== 0 || low >>> 1 !== 0) {
      throw this.error('MalformedDataStream', 'a BOOLEAN is neither 0 nor 1')
    }
    this.crc = crcByte(this.crc, low)
    return low === 1
  }

  private float(): number {
    const word = this.cursor.wordAt(this.cursor.take(4))
    this.crc = crcWord(this.crc, word)
    bits.setInt32(0, word, true)
    return bits.getFloat32(0, true)
  }

  private double(): number {
    const at = this.cursor.take(8)
    const low = this.cursor.wordAt(at)
    const high = this.cursor.wordAt(at + 4)
    this.crc = crcWord(crcWord(this.crc, low), high)
    bits.setInt32(0, low, true)
    bits.setInt32(4, high, true)
    return bits.getFloat64(0, true)
  }

  private bytes(): Uint8Array {
    this.cursor.varint()
    const { low, high } = this.cursor
    if (high !== 0 || low >>> 0 > ELEMENTS_MAX) {
      throw this.error('InvalidArgument', `a nested value exceeds ${ELEMENTS_MAX} bytes`)
    }
    const start = this.cursor.take(low)
    this.crc = crcBytes(this.crc, this.cursor.data, start, start + low)
    return this.cursor.data.subarray(start, start + low)
  }

  private secondsNanos(): Value {
    this.cursor.zigzag()
    let seconds = wordsToBigInt(this.cursor.low, this.cursor.high)
    this.crc = crcWord(crcWord(this.crc, this.cursor.low), this.cursor.high)
    this.cursor.zigzag()
    let nanos = this.cursor.low
    this.crc = crcWord(this.crc, nanos)
    const isWord = this.cursor.high === nanos >> 31
    if (!isWord || nanos <= -NANOS_PER_SECOND || nanos >= NANOS_PER_SECOND) {
      throw this.error('MalformedDataStream', 'nanoseconds are outside 0..999999999')
    }
    if (nanos < 0) {
      seconds -= 1n
      nanos += NANOS_PER_SECOND
    }
    return { seconds, nanos }
  }
}
