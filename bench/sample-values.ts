/** Values like those of event logs: JSON, ASCII, compressible by about three, the same in every run. */

const WORDS = (
  'order item price city status paid open closed retry user agent north south east west red blue ' +
  'green small large first second third warehouse parcel invoice refund gift basket coupon express'
).split(' ')

/** Park and Miller's generator: enough for text, and the same everywhere. */
function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 0x7fff_ffff
    return state
  }
}

/** `count` values of exactly `bytes` bytes each (at least 60). */
export function sampleValues(count: number, bytes: number, seed: number): readonly Buffer[] {
  const next = sequence(seed)
  return Array.from({ length: count }, (_, i) => {
    let text = `{"id":${seed * 100_000 + i},"trace":"${hex(next())}${hex(next())}","text":"`
    while (text.length < bytes - 2) text += `${WORDS[next() % WORDS.length]} ${next() % 1000} `
    return Buffer.from(`${text.slice(0, bytes - 2)}"}`, 'latin1')
  })
}

const hex = (value: number): string => value.toString(16).padStart(8, '0')
