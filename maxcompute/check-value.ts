/**
 * What the service would refuse, or silently change, told before it is sent: the caller turns a problem into a dirty record.
 * All functions are pure and answer null when the value is fine. Problems never hold the value: it is user data.
 */

import { writeDecimal128 } from './tunnel/decimal128.ts'
import { formatType, type MaxComputeType } from './types.ts'

export interface ValueLimits {
  /** The upload session's `maxFieldSizeBytes`. */
  readonly fieldBytesMax: number
}

/** A sentence without the value itself. */
export type ValueProblem = string

interface Range {
  readonly min: bigint
  readonly max: bigint
}

const TINYINT: Range = { min: -128n, max: 127n }
const SMALLINT: Range = { min: -32_768n, max: 32_767n }
const INT: Range = { min: -2_147_483_648n, max: 2_147_483_647n }
/** The documented range leaves the smallest 64-bit number out. */
const BIGINT: Range = { min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }

/** The years 1 to 9999. */
const DATE_DAYS: Range = { min: -719_162n, max: 2_932_896n }
const DATETIME_MS: Range = { min: -62_135_596_800_000n, max: 253_402_300_799_999n }
const TIMESTAMP_SECONDS: Range = { min: -62_135_596_800n, max: 253_402_300_799n }

const NANOS_MAX = 999_999_999

const decimalScratch = new DataView(new ArrayBuffer(16))

/** STRING, VARCHAR, CHAR, BINARY, JSON, and DECIMAL as plain ASCII text. Length of VARCHAR and CHAR counts characters. */
export function checkBytes(
  type: MaxComputeType,
  data: Uint8Array,
  start: number,
  length: number,
  limits: ValueLimits,
): ValueProblem | null {
  if (length > limits.fieldBytesMax) {
    return `${length} bytes exceed the ${limits.fieldBytesMax} that a field may have`
  }
  switch (type.kind) {
    case 'VARCHAR':
    case 'CHAR': {
      // Fewer bytes than characters allowed: no need to count.
      if (length <= type.lengthMax) return null
      const characters = countCharacters(data, start, length)
      if (characters <= type.lengthMax) return null
      return `${characters} characters are too many for ${formatType(type)}`
    }
    case 'DECIMAL':
      return writeDecimal128(data, start, length, type, decimalScratch, 0)
    default:
      return null
  }
}

/** UTF-8: every byte that does not continue a character begins one. */
function countCharacters(data: Uint8Array, start: number, length: number): number {
  let count = 0
  for (let i = start; i < start + length; i++) if ((data[i]! & 0xc0) !== 0x80) count++
  return count
}

/** TINYINT to BIGINT, DATE (days) and DATETIME (ms). */
export function checkInt64(type: MaxComputeType, value: bigint): ValueProblem | null {
  const range = rangeOf(type)
  if (range === null || (value >= range.min && value <= range.max)) return null
  return `the value is out of the range of ${formatType(type)}`
}

/** FLOAT: a finite number must stay finite. */
export function checkFloat64(type: MaxComputeType, value: number): ValueProblem | null {
  if (type.kind !== 'FLOAT' || !Number.isFinite(value) || Number.isFinite(Math.fround(value))) {
    return null
  }
  return 'the value is out of the range of FLOAT'
}

/** TIMESTAMP and TIMESTAMP_NTZ: floor seconds since the epoch, and nanoseconds. */
export function checkTimestamp(seconds: bigint, nanos: number): ValueProblem | null {
  if (nanos < 0 || nanos > NANOS_MAX) return 'nanoseconds are not 0 to 999,999,999'
  if (seconds < TIMESTAMP_SECONDS.min || seconds > TIMESTAMP_SECONDS.max) {
    return 'the value is not in the years 1 to 9999'
  }
  return null
}

function rangeOf(type: MaxComputeType): Range | null {
  switch (type.kind) {
    case 'TINYINT':
      return TINYINT
    case 'SMALLINT':
      return SMALLINT
    case 'INT':
      return INT
    case 'BIGINT':
      return BIGINT
    case 'DATE':
      return DATE_DAYS
    case 'DATETIME':
      return DATETIME_MS
    default:
      return null
  }
}
