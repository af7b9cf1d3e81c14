import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { vectors } from '../wire/vectors.test-support.ts'
import { canonicalString, readTarget, signingKey, verifySignature } from './signature.ts'
import type { SignedRequest } from './signature.ts'

const SIGNED_MS = Date.parse('Mon, 15 Jan 2024 08:00:00 GMT')

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), v]))
}

suite('requests of the vectors', () => {
  for (const vector of vectors.signing) {
    const url = new URL(vector.url)
    const headers = { ...lowerCase(vector.headers), authorization: vector.authorization }
    const target = `${url.pathname}${url.search}`
    const request: SignedRequest = { method: vector.method, target, headers }
    const credentials = [{ accessId: vector.accessId, accessKey: vector.accessKey }]
    test(`${vector.name}: accepted, with the same canonical string`, () => {
      const { authorization: _, ...unsigned } = headers
      const text = canonicalString(vector.method, readTarget(target), unsigned)
      assert.equal(text, vector.canonicalString)
      verifySignature(request, credentials, SIGNED_MS)
    })
    test(`${vector.name}: refused for another method, key, id or time`, () => {
      const other = { ...request, method: 'DELETE' }
      assert.throws(() => verifySignature(other, credentials, SIGNED_MS), /ODPS-0410042/)
      const wrongKey = [{ accessId: vector.accessId, accessKey: 'wrong' }]
      assert.throws(() => verifySignature(request, wrongKey, SIGNED_MS), /ODPS-0410042/)
      const wrongId = [{ accessId: 'other', accessKey: vector.accessKey }]
      assert.throws(() => verifySignature(request, wrongId, SIGNED_MS), /ODPS-0410051/)
      const late = SIGNED_MS + 16 * 60 * 1000
      assert.throws(() => verifySignature(request, credentials, late), {
        code: 'RequestTimeTooSkewed',
      })
    })
  }
})

test('the v4 key is derived as in the vector', () => {
  const vector = vectors.signing.find((v) => v.signingKeyHex !== undefined)
  assert.ok(vector?.region)
  const key = signingKey(vector.accessKey, '20240115', vector.region)
  assert.equal(key.toString('hex'), vector.signingKeyHex)
})

test('a query is read as a form: plus is a space, %2B a plus', () => {
  const { path, parameters } = readTarget('/projects/p/tables/%E8%A1%A8?a=x+y&b=x%2By&c')
  assert.equal(path, '/projects/p/tables/表')
  assert.deepEqual(
    [...parameters],
    [
      ['a', 'x y'],
      ['b', 'x+y'],
      ['c', ''],
    ],
  )
})

test('a request without a signature is told what is missing', () => {
  const request = { method: 'GET', target: '/', headers: {} }
  assert.throws(() => verifySignature(request, [], 0), { code: 'AuthorizationRequired' })
})
