const PRIME_1: u32 = 2654435761
const PRIME_2: u32 = 2246822519
const PRIME_3: u32 = 3266489917
const PRIME_4: u32 = 668265263
const PRIME_5: u32 = 374761393

function round(sum: u32, word: u32): u32 {
  return rotl(sum + word * PRIME_2, 13) * PRIME_1
}

/** XXH32 with seed 0, which LZ4 frames are checked with. */
export function xxh32(start: usize, length: usize): u32 {
  const end = start + length
  let at = start
  let hash: u32 = PRIME_5
  if (length >= 16) {
    let a: u32 = PRIME_1 + PRIME_2
    let b: u32 = PRIME_2
    let c: u32 = 0
    let d: u32 = 0 - PRIME_1
    do {
      a = round(a, load<u32>(at))
      b = round(b, load<u32>(at + 4))
      c = round(c, load<u32>(at + 8))
      d = round(d, load<u32>(at + 12))
      at += 16
    } while (at + 16 <= end)
    hash = rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18)
  }
  hash += <u32>length
  for (; at + 4 <= end; at += 4) hash = rotl(hash + load<u32>(at) * PRIME_3, 17) * PRIME_4
  for (; at < end; at++) hash = rotl(hash + <u32>load<u8>(at) * PRIME_5, 11) * PRIME_1
  hash = (hash ^ (hash >> 15)) * PRIME_2
  hash = (hash ^ (hash >> 13)) * PRIME_3
  return hash ^ (hash >> 16)
}
