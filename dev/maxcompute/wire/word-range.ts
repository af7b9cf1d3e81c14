import type { OdpsType } from '../type/odps-type.ts'

const DAYS_MIN = -719_162
const DAYS_MAX = 2_932_896
const MILLIS_MIN = -62_135_596_800_000
const MILLIS_MAX = 253_402_300_799_999

/** Whether a 64-bit integer (two 32-bit words) is a value of its type: null, or what is wrong with it. */
export function checkWordRange(kind: OdpsType['kind'], low: number, high: number): string | null {
  switch (kind) {
    case 'bigint':
      return null
    case 'tinyint':
      return (low << 24) >> 24 === low && high === low >> 31 ? null : outside('TINYINT', low, high)
    case 'smallint':
      return (low << 16) >> 16 === low && high === low >> 31 ? null : outside('SMALLINT', low, high)
    case 'int':
    case 'interval_year_month':
      return high === low >> 31 ? null : outside(kind.toUpperCase(), low, high)
    case 'date': {
      const days = toNumber(low, high)
      return days >= DAYS_MIN && days <= DAYS_MAX
        ? null
        : outside('DATE (years 1..9999)', low, high)
    }
    case 'datetime': {
      const millis = toNumber(low, high)
      const isInside = millis >= MILLIS_MIN && millis <= MILLIS_MAX
      return isInside ? null : outside('DATETIME (years 1..9999)', low, high)
    }
    default:
      return null
  }
}

export function wordsToBigInt(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0)
}

/** Exact up to 2^53; beyond that still on the right side of every limit above. */
function toNumber(low: number, high: number): number {
  return high * 2 ** 32 + (low >>> 0)
}

function outside(type: string, low: number, high: number): string {
  return `${wordsToBigInt(low, high)} is outside ${type}`
}
