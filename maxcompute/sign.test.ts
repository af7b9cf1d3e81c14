import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { canonicalString, signingKeyV4, signV1, signV4 } from './sign.ts'
import { loadVectors } from './tunnel/vectors.test-support.ts'
import { encodePath, encodeQuery } from './url.ts'

describe('signing vectors', () => {
  for (const vector of loadVectors().signing) {
    test(vector.name, () => {
      const url = new URL(vector.url)
      const resource = decodeURIComponent(
        url.pathname.slice(new URL(vector.endpoint).pathname.replace(/\/$/, '').length),
      )
      const query = Object.fromEntries(url.searchParams)
      const request = { method: vector.method, resource, query, headers: vector.headers }
      const credentials = { accessKeyId: vector.accessId, accessKeySecret: vector.accessKey }
      assert.equal(canonicalString(request), vector.canonicalString)
      if (vector.region === null) {
        assert.equal(signV1(request, credentials), vector.authorization)
        return
      }
      const key = signingKeyV4(vector.accessKey, '20240115', vector.region)
      assert.equal(key.toString('hex'), vector.signingKeyHex)
      assert.equal(signV4(request, credentials, vector.region), vector.authorization)
    })
  }
})

test('query parameters that start with x-odps- are signed as headers, too', () => {
  const canonical = canonicalString({
    method: 'get',
    resource: '/r',
    query: { 'x-odps-b': '2', a: '' },
    headers: { Date: 'D', 'X-Odps-A': '1' },
  })
  assert.equal(canonical, 'GET\n\n\nD\nx-odps-a:1\nx-odps-b:2\n/r?a&x-odps-b=2')
})

test('paths and parameters are encoded beyond what encodeURIComponent does', () => {
  assert.equal(encodePath(['projects', 'p', 'tables', '表']), '/projects/p/tables/%E8%A1%A8')
  assert.equal(
    encodeQuery({ uploads: '', partition: "pt='a+b %&'" }),
    '?uploads&partition=pt%3D%27a%2Bb%20%25%26%27',
  )
})
