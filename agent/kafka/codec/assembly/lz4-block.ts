import { copyMatch } from './copy-match'
import { CORRUPT, NO_ROOM, SLACK_BYTES } from './verdicts'

/**
 * LZ4 blocks.
 *
 *   block    = sequence*
 *   sequence = token:uint8 [literal length] literals [offset:uint16 [match length]]
 *
 * The token's high half is the literals' length, its low half the match's less MATCH_MIN; 15 is followed by
 * bytes to add, the last of which is below 255. The last sequence ends with its literals.
 */

const MATCH_MIN: usize = 4
const LENGTH_GOES_ON: usize = 15

/**
 * Decodes the block from `start` to `end` to `out`; at most up to `outEnd`. Matches reach back to `outBegin`.
 * Returns where the output ends, CORRUPT or NO_ROOM.
 */
export function decodeLz4Block(
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
    let matchLength = token & 15
    if (matchLength == LENGTH_GOES_ON) {
      let byte: usize
      do {
        if (at >= end) return CORRUPT
        byte = <usize>load<u8>(at++)
        matchLength += byte
      } while (byte == 255)
    }
    matchLength += MATCH_MIN
    if (matchLength > outEnd - to) return NO_ROOM
    copyMatch(to, to - offset, matchLength, offset)
    to += matchLength
  }
  return CORRUPT
}
