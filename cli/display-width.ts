/**
 * How many terminal columns a text takes. East Asian wide and fullwidth characters and emoji take
 * two, combining marks none (Unicode TR11, the ranges that occur in names and messages).
 */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
]

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

export function displayWidth(text: string): number {
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment)
  return width
}

/** Pads with spaces to `width` columns; a wider text stays as it is. */
export function padDisplayEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}

/** The longest beginning that takes at most `width` columns. */
export function cutDisplay(text: string, width: number): string {
  let taken = 0
  let cut = ''
  for (const { segment } of segmenter.segment(text)) {
    taken += graphemeWidth(segment)
    if (taken > width) return cut
    cut += segment
  }
  return cut
}

function graphemeWidth(grapheme: string): number {
  const code = grapheme.codePointAt(0) ?? 0
  if (/^\p{M}|^\p{Cf}|^\p{Cc}/u.test(grapheme)) return 0
  return WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1
}
