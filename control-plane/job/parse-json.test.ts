import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import type { JsonNode } from './json-node.ts'
import { JSON_DEPTH_MAX, JSON_TEXT_CHARS_MAX, parseJson } from './parse-json.ts'

function plain(node: JsonNode | null): unknown {
  switch (node?.kind) {
    case 'object':
      return Object.fromEntries([...node.members].map(([key, m]) => [key, plain(m.value)]))
    case 'array':
      return node.items.map(plain)
    case 'number':
      return Number(node.text)
    case 'string':
    case 'boolean':
      return node.value
    default:
      return null
  }
}

test('reads whatever JSON.stringify writes, as JSON.parse does', () => {
  fc.assert(
    fc.property(fc.json({ noUnicodeString: false }), fc.constantFrom(0, 2), (text, indent) => {
      const written = JSON.stringify(JSON.parse(text), null, indent)
      const parsed = parseJson(written)
      assert.deepEqual(parsed.problems, [])
      assert.equal(JSON.stringify(plain(parsed.node)), JSON.stringify(JSON.parse(written)))
    }),
    { numRuns: 100 },
  )
})

test('accepts and refuses the same texts as JSON.parse, however a text is damaged', () => {
  const base = JSON.stringify({ a: [1, -2.5e3, true, null, 'x\n"\u00e9'], b: { c: '' } })
  const damage = fc.tuple(
    fc.nat(base.length),
    fc.nat(2),
    fc.constantFrom('', ',', '"', '\\', '}', ']', ':', '0', '.', 'e', '-', '\n', '\t', 'x'),
  )
  fc.assert(
    fc.property(damage, ([at, removed, inserted]) => {
      const text = base.slice(0, at) + inserted + base.slice(at + removed)
      let isJson = true
      try {
        JSON.parse(text)
      } catch {
        isJson = false
      }
      assert.equal(parseJson(text).node !== null, isJson, text)
    }),
    { numRuns: 1_000 },
  )
})

test('every value knows its path, line and column', () => {
  const text = '{\n  "steps": [\n    {"a b": 1},\n\t"x"\n  ]\n}'
  const { node } = parseJson(text)
  assert.ok(node?.kind === 'object')
  const steps = node.members.get('steps')?.value
  assert.ok(steps?.kind === 'array')
  const [first, second] = steps.items
  assert.ok(first?.kind === 'object')
  const inner = first.members.get('a b')
  assert.equal(inner?.value.path, '$.steps[0]["a b"]')
  assert.deepEqual(inner.value.position, { line: 3, column: 13 })
  assert.deepEqual(inner.position, { line: 3, column: 6 })
  assert.deepEqual(second?.position, { line: 4, column: 2 })
  assert.equal(text.slice(steps.textStart, steps.textEnd), '[\n    {"a b": 1},\n\t"x"\n  ]')
})

const SYNTAX_ERRORS: [string, string, number, number, RegExp][] = [
  ['a comma too many', '{\n  "a": 1,\n}', 3, 1, /double quotes.*Remove the comma/],
  ['a missing comma', '{"a": 1\n "b": 2}', 2, 2, /comma or a closing brace.*"a"/],
  ['a comment', '{\n  // topic\n  "a": 1}', 2, 3, /no comments/],
  ['single quotes', "{'a': 1}", 1, 2, /double quotes/],
  ['a text that is not closed', '{"a": "x\n}', 1, 9, /end with a double quote/],
  ['the end in the middle', '{"a": [1, 2', 1, 12, /the end of the text/],
  ['an empty text', '', 1, 1, /value was expected/],
  ['something after the end', '{} x', 1, 4, /Nothing may follow/],
  ['a number that is none', '[01]', 1, 2, /number/],
]

for (const [what, text, line, column, message] of SYNTAX_ERRORS) {
  test(`${what} is located`, () => {
    const { node, problems } = parseJson(text)
    assert.equal(node, null)
    assert.equal(problems.length, 1)
    assert.equal(problems[0]?.code, 'syntax')
    assert.deepEqual([problems[0]?.line, problems[0]?.column], [line, column])
    assert.match(problems[0]?.message ?? '', message)
  })
}

test('a key that occurs twice is a problem that names both lines', () => {
  const { node, problems } = parseJson('{\n"topic": "a",\n"topic": "b"\n}')
  assert.notEqual(node, null)
  assert.deepEqual(problems[0]?.path, '$.topic')
  assert.equal(problems[0]?.line, 3)
  assert.match(problems[0]?.message ?? '', /twice.*line 2/)
})

test('texts that are too long or too deep are refused, not read', () => {
  assert.equal(parseJson(' '.repeat(JSON_TEXT_CHARS_MAX + 1)).problems[0]?.code, 'too-large')
  const deep = parseJson('['.repeat(JSON_DEPTH_MAX + 2))
  assert.match(deep.problems[0]?.message ?? '', /deep/)
})
