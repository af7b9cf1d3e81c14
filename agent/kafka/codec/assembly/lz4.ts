/**
 * LZ4 blocks and the checksum of LZ4 frames. This is AssemblyScript: `sh agent/kafka/codec/assembly/generate.sh`
 * makes lz4-wasm.ts of it. All addresses and lengths are bytes of the module's own memory.
 *
 *   block    = sequence*
 *   sequence = token:uint8 [literal length] literals [offset:uint16 [match length]]
 *
 * The token's high half is the literals' length, its low half the match's less MATCH_MIN; 15 is followed by
 * bytes to add, the last of which is below 255. The last sequence ends with its literals.
 *
 * W1. Every length and offset is compared before it is used: nothing outside of the input is read as data,
 *     and no byte of the output is made from what was not decoded before it.
 * W2. Within the input and the output a copy may go on for COPY_BEYOND_MAX bytes behind what was asked for: whole
 *     words are faster. So both need SLACK_BYTES behind them that nobody minds.
 */

/** What `decodeBlock` answers instead of an end: the bytes are not a block. */
export const CORRUPT: usize = 0
/** The block has more bytes than there is room. */
export const NO_ROOM: usize = 1

const MATCH_MIN: usize = 4
const LENGTH_GOES_ON: usize = 15
/** A token's literals, its match, and what whole words write behind them. */
const SLACK_BYTES: usize = 64

/**
 * Decodes the block from `start` to `end` to `out`; at most up to `outEnd`. Matches reach back to `outBegin`.
 * Returns where the output ends, CORRUPT or NO_ROOM.
 */
export function decodeBlock(
  start: usize,
  end: usize,
  out: usize,
  outEnd: usize,
  outBegin: usize,
): usize {
  let at = start
  let to = out
  // Before these, a short sequence needs no look at the ends.
  const shortUntil = end - SLACK_BYTES / 2
  const outShortUntil = outEnd - SLACK_BYTES
  while (at < end) {
    const token = <usize>load<u8>(at++)
    let length = token >> 4
    if (length < LENGTH_GOES_ON && at <= shortUntil && to <= outShortUntil) {
      v128.store(to, v128.load(at))
      at += length
      to += length
      const offset = <usize>load<u16>(at)
      const matchRest = token & 15
      if (matchRest < LENGTH_GOES_ON && offset >= 16 && offset <= to - outBegin) {
        const from = to - offset
        v128.store(to, v128.load(from))
        store<u16>(to + 16, load<u16>(from + 16))
        at += 2
        to += matchRest + MATCH_MIN
        continue
      }
    } else {
      if (length == LENGTH_GOES_ON) {
        let byte: usize
        do {
          if (at >= end) return CORRUPT
          byte = <usize>load<u8>(at++)
          length += byte
        } while (byte == 255)
      }
      if (length > end - at) return CORRUPT
      if (length > outEnd - to) return NO_ROOM
      memory.copy(to, at, length)
      at += length
      to += length
      if (at == end) return to
    }
    if (end - at < 2) return CORRUPT
    const offset = <usize>load<u16>(at)
    at += 2
    if (offset == 0 || offset > to - outBegin) return CORRUPT
    let length2 = token & 15
    if (length2 == LENGTH_GOES_ON) {
      let byte: usize
      do {
        if (at >= end) return CORRUPT
        byte = <usize>load<u8>(at++)
        length2 += byte
      } while (byte == 255)
    }
    length2 += MATCH_MIN
    if (length2 > outEnd - to) return NO_ROOM
    copyMatch(to, to - offset, length2, offset)
    to += length2
  }
  return CORRUPT
}

/** The match may overlap its copy: what is `offset` bytes behind repeats. */
function copyMatch(to: usize, from: usize, length: usize, offset: usize): void {
  const until = to + length
  if (offset >= 16) {
    do {
      v128.store(to, v128.load(from))
      to += 16
      from += 16
    } while (to < until)
  } else if (offset >= 8) {
    do {
      store<u64>(to, load<u64>(from))
      to += 8
      from += 8
    } while (to < until)
  } else {
    do {
      store<u8>(to++, load<u8>(from++))
    } while (to < until)
  }
}

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
