/**
 * The CRC-32C of two pieces, one behind the other, from the CRC of each: the payload of a frame is then hashed
 * once for its pieces and not again for the whole.
 *
 * A CRC is a polynomial over GF(2), modulo P, bits reflected; behind it stands the other piece, so it is
 * multiplied by x^(8 * bytes). The initial and final inversions of the two cancel out.
 */
const POLYNOMIAL = 0x82f63b78
/** x^0 in reflected bits. */
const ONE = 0x8000_0000 | 0
/** x^8: one byte. */
const BYTE = 0x0080_0000

/** x^(8 * bytes) modulo P. */
export function shiftOf(bytes: number): number {
  let result = ONE
  let power = BYTE
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(result, power)
    power = multiply(power, power)
  }
  return result
}

/** The CRC of the first piece and then the second, whose length `shift` stands for. */
export function crcAppend(first: number, shift: number, second: number): number {
  return (multiply(first, shift) ^ second) >>> 0
}

/** a * b modulo P: b times x for every bit of a, from x^0 (the highest bit) on. */
function multiply(a: number, b: number): number {
  let product = 0
  let factor = b
  for (let bits = a | 0; bits !== 0; bits <<= 1) {
    if (bits < 0) product ^= factor
    factor = (factor & 1) === 1 ? (factor >>> 1) ^ POLYNOMIAL : factor >>> 1
  }
  return product
}
