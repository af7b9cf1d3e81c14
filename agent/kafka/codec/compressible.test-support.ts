import * as fc from 'fast-check'

/** Runs of few different bytes, copies of what was before, and noise: every length of literals and matches. */
export const COMPRESSIBLE = fc
  .array(
    fc.oneof(
      fc.record({ byte: fc.nat(3), times: fc.nat(700) }),
      fc.record({ back: fc.integer({ min: 1, max: 70_000 }), length: fc.nat(900) }),
      fc.record({ noise: fc.uint8Array({ maxLength: 90 }) }),
    ),
    { maxLength: 120 },
  )
  .map((parts) => {
    const bytes: number[] = []
    for (const part of parts) {
      if ('byte' in part) for (let i = 0; i < part.times; i++) bytes.push(part.byte)
      else if ('noise' in part) bytes.push(...part.noise)
      else for (let i = 0; i < part.length; i++) bytes.push(bytes.at(-part.back) ?? 9)
    }
    return Buffer.from(bytes)
  })
  .filter(({ length }) => length > 0)
