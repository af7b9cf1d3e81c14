import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import * as fc from 'fast-check'

import { JSON_ESCAPED, JSON_MISSING, JsonPaths } from './json-paths.ts'
import { JSON_DEPTH_MAX, jsonProblem, unescapeJson } from './json-text.ts'

function scan(text: string, paths: readonly (readonly string[])[]): (string | null)[] {
  const data = Buffer.from(`#${text}#`)
  const scanner = new JsonPaths(paths)
  assert.equal(scanner.scan(data, 1, data.length - 2), null)
  return paths.map((_, i) => {
    if (scanner.kinds[i] === JSON_MISSING) return null
    const start = scanner.starts[i]!
    return data.toString('utf8', start, start + scanner.lengths[i]!)
  })
}

describe('JSON paths', () => {
  it('a key that spells the whole path, dots included, wins over going down', () => {
    const path = [['a', 'b', 'c']]
    assert.deepEqual(scan('{"a":{"b":{"c":1}}}', path), ['1'])
    assert.deepEqual(scan('{"a":{"b":{"c":1},"b.c":2}}', path), ['2'])
    assert.deepEqual(scan('{"a":{"b.c":2,"b":{"c":1}}}', path), ['2'])
    assert.deepEqual(scan('{"a.b.c":3,"a":{"b.c":2}}', path), ['3'])
    assert.deepEqual(scan('{"a":{"b.c":2},"a.b.c":null}', path), ['null'])
  })

  it('of a repeated key the last one counts, with all that is beneath it', () => {
    assert.deepEqual(scan('{"a":1,"a":2}', [['a']]), ['2'])
    assert.deepEqual(
      scan('{"a":{"b":1,"c":2},"a":{"b":3}}', [
        ['a', 'b'],
        ['a', 'c'],
      ]),
      ['3', null],
    )
    assert.deepEqual(scan('{"a":{"b":1},"a":7}', [['a', 'b'], ['a']]), [null, '7'])
  })

  it('finds keys that are written with escapes', () => {
    assert.deepEqual(scan(String.raw`{"\u0061\/":1}`, [['a/']]), ['1'])
  })

  it('the same path may serve two columns, and a path its own prefix', () => {
    const text = '{"a":{"b":[1]}}'
    assert.deepEqual(scan(text, [['a', 'b'], ['a'], ['a', 'b']]), ['[1]', '{"b":[1]}', '[1]'])
  })

  it('finds what JSON.parse finds (property)', () => {
    const key = fc.constantFrom('a', 'b', 'é', 'x"y', '', '__proto__')
    const { object } = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null)),
        fc.array(tie('value'), { maxLength: 3 }),
        tie('object'),
      ),
      object: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    }))
    const space = fc.constantFrom(undefined, 1, '\t')
    fc.assert(
      fc.property(
        object,
        space,
        fc.array(key, { minLength: 1, maxLength: 3 }),
        (root, indent, path) => {
          const text = JSON.stringify(root, null, indent)
          const found = path.reduce<unknown>((at, name) => {
            const inside = typeof at === 'object' && at !== null && !Array.isArray(at)
            return inside && Object.hasOwn(at, name)
              ? (at as Record<string, unknown>)[name]
              : undefined
          }, JSON.parse(text))
          const data = Buffer.from(text)
          const scanner = new JsonPaths([path])
          assert.equal(scanner.scan(data, 0, data.length), null)
          const [kind, start, length] = [scanner.kinds[0]!, scanner.starts[0]!, scanner.lengths[0]!]
          if (found === undefined) return assert.equal(kind, JSON_MISSING)
          const span = data.toString('utf8', start, start + length)
          if (typeof found !== 'string') return assert.deepEqual(JSON.parse(span), found)
          const out = Buffer.alloc(length)
          const bytes = kind === JSON_ESCAPED ? unescapeJson(data, start, length, out) : length
          const text_ = kind === JSON_ESCAPED ? out.toString('utf8', 0, bytes) : span
          return assert.equal(text_, found.toWellFormed())
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('the JSON check', () => {
  it('accepts exactly what JSON.parse accepts (property over broken texts)', () => {
    const piece = fc.constantFrom(
      '{', '}', '[', ']', ',', ':', '"a"', '"', '\\', '\\n"', '\\u00e9"', '\\ud8', '1', '-', '0', '.5', 'e+', 'E',
      'true', 'false', 'null', 'nul', ' ', '\n', '\u0001', 'é',
    ) // prettier-ignore
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
        const text = pieces.join('')
        const data = Buffer.from(`1${text}1`)
        let accepted = true
        try {
          JSON.parse(text)
        } catch {
          accepted = false
        }
        assert.equal(jsonProblem(data, 1, data.length - 2) === null, accepted, text)
      }),
      { numRuns: 3_000 },
    )
  })

  it('refuses values nested too deep instead of exhausting the stack', () => {
    const nested = (depth: number): Buffer => Buffer.from('['.repeat(depth) + ']'.repeat(depth))
    const fine = nested(JSON_DEPTH_MAX)
    assert.equal(jsonProblem(fine, 0, fine.length), null)
    const deep = nested(1_000_000)
    assert.match(jsonProblem(deep, 0, deep.length) ?? '', /nested deeper/)
  })

  it('half a surrogate pair becomes the replacement character', () => {
    const text = Buffer.from(String.raw`\ud83dx\ude00\ud83d\ud83d\ude00`)
    const out = Buffer.alloc(text.length)
    const bytes = unescapeJson(text, 0, text.length, out)
    assert.equal(out.toString('utf8', 0, bytes), '\uFFFDx\uFFFD\uFFFD😀')
  })
})
