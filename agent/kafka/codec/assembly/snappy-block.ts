import { copyMatch } from './copy-match'
import { CORRUPT, NO_ROOM, SLACK_BYTES } from './verdicts'

/**
 * The elements of a snappy block, behind its length.
 *
 *   element = tag:uint8 [more of the length or the offset] [literals]
 *
 * By the tag's low two bits: 0 literals, whose length less 1 is the rest of the tag, or from 60 on stands in 1
 * to 4 bytes; 1 a match of 4 to 11 bytes, offset of 11 bits; 2 and 3 one of 1 to 64, offset of 16 and 32 bits.
 */

const LITERAL_LENGTH_IN_BYTES: usize = 60
/** A tag of literals without further bytes says at most so many; a match has at most 64. */
const SHORT_LITERALS_MAX: usize = 16

/** Decodes the elements from `start` to `end` to `out`, up to `outEnd`. Returns where the output ends, CORRUPT or NO_ROOM. */
export function decodeSnappyBlock(start: usize, end: usize, out: usize, outEnd: usize): usize {
  let at = start
  let to = out
  const shortUntil = end - SLACK_BYTES / 2
  const outShortUntil = outEnd - SLACK_BYTES
  while (at < end) {
    const tag = <usize>load<u8>(at++)
    const kind = tag & 3
    if (kind == 0) {
      let length = (tag >> 2) + 1
      if (length <= SHORT_LITERALS_MAX && at <= shortUntil && to <= outShortUntil) {
        v128.store(to, v128.load(at))
        at += length
        to += length
        continue
      }
      if (length > LITERAL_LENGTH_IN_BYTES) {
        const bytes = length - LITERAL_LENGTH_IN_BYTES
        if (bytes > end - at) return CORRUPT
        length = 0
        for (let i: usize = 0; i < bytes; i++) length |= (<usize>load<u8>(at++)) << (8 * i)
        length++
        if (length == 0) return CORRUPT // 2^32
      }
      if (length > end - at) return CORRUPT
      if (length > outEnd - to) return NO_ROOM
      memory.copy(to, at, length)
      at += length
      to += length
      continue
    }
    let length: usize
    let offset: usize
    if (kind == 1) {
      if (at >= end) return CORRUPT
      length = 4 + ((tag >> 2) & 7)
      offset = ((tag >> 5) << 8) | <usize>load<u8>(at++)
    } else {
      length = 1 + (tag >> 2)
      const bytes: usize = kind == 2 ? 2 : 4
      if (bytes > end - at) return CORRUPT
      offset = kind == 2 ? <usize>load<u16>(at) : <usize>load<u32>(at)
      at += bytes
    }
    if (offset == 0 || offset > to - out) return CORRUPT
    if (length > outEnd - to) return NO_ROOM
    copyMatch(to, to - offset, length, offset)
    to += length
  }
  return to
}
