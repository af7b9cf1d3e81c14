/**
 * The CRC of a concatenation from the CRCs of its parts: crc(A B) = shift(crc(A), |B|) xor crc(B).
 * Shifting by a length is a linear map over GF(2), kept as 32 columns. So the Arrow frame hashes its payload once, not twice.
 */

const POLYNOMIAL = 0x82f63b78

export type CrcShift = Int32Array

/** The map for a part of `byteCount` bytes. */
export function crcShiftOf(byteCount: number): CrcShift {
  let result = identity()
  let power = oneZeroByte()
  for (let rest = byteCount; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(power, result)
    power = multiply(power, power)
  }
  return result
}

/** CRC of A followed by B; `shift` is that of B's length. */
export function crcCombine(crcA: number, shift: CrcShift, crcB: number): number {
  return (apply(shift, crcA) ^ crcB) >>> 0
}

function apply(matrix: CrcShift, vector: number): number {
  let sum = 0
  for (let i = 0, rest = vector; rest !== 0; i++, rest >>>= 1) {
    if ((rest & 1) === 1) sum ^= matrix[i]!
  }
  return sum
}

function multiply(a: CrcShift, b: CrcShift): CrcShift {
  return b.map((column) => apply(a, column))
}

function identity(): CrcShift {
  return Int32Array.from({ length: 32 }, (_, i) => 1 << i)
}

function oneZeroByte(): CrcShift {
  const oneZeroBit = Int32Array.from({ length: 32 }, (_, i) =>
    i === 0 ? POLYNOMIAL : 1 << (i - 1),
  )
  const two = multiply(oneZeroBit, oneZeroBit)
  const four = multiply(two, two)
  return multiply(four, four)
}
