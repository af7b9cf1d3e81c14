import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { fromUnknown, MaxComputeError, retryClassOf } from './errors.ts'
import { backoffMs, mayRetry, NEVER, REPEATABLE } from './retry.ts'
import { serviceError } from './service-error.ts'

describe('back-off', () => {
  test('doubles from one second to 64, with full jitter', () => {
    assert.deepEqual(
      [1, 2, 3, 7, 8, 50].map((failures) => backoffMs(failures, 1)),
      [1000, 2000, 4000, 64_000, 64_000, 64_000],
    )
    assert.equal(backoffMs(3, 0.25), 1000)
    assert.equal(backoffMs(3, 0), 0)
  })

  test('is never shorter than what the service asks, within reason', () => {
    assert.equal(backoffMs(1, 0, 9000), 9000)
    assert.equal(backoffMs(1, 0, 9_000_000), 300_000)
  })
})

describe('classes', () => {
  test('follow the code, and the status only where the code is unknown', () => {
    assert.equal(retryClassOf('FlowExceeded', 400), 'backoff')
    assert.equal(retryClassOf('NoSuchUpload', 500), 'fatal')
    assert.equal(retryClassOf('CorruptedDataStream', 400), 'resendBlock')
    assert.equal(retryClassOf('SchemaModified', 412), 'restartSession')
    assert.equal(retryClassOf('StatusConflict', 400), 'resolveByGet')
    assert.equal(retryClassOf('SomethingNew', 502), 'backoff')
    assert.equal(retryClassOf('SomethingNew', 400), 'fatal')
    assert.equal(retryClassOf('toString', 400), 'fatal')
  })

  test('what may have been executed is repeated only where that does no harm', () => {
    const lost = fromUnknown(Object.assign(new Error('x'), { code: 'ECONNRESET' }), 'POST')
    assert.equal(lost.reached, 'maybe')
    assert.equal(mayRetry(REPEATABLE, lost, 1), true)
    assert.equal(mayRetry({ ...REPEATABLE, whenMaybeReached: false }, lost, 1), false)
    assert.equal(mayRetry(NEVER, lost, 1), false)
  })
})

describe('errors of the network', () => {
  for (const [system, code, reached] of [
    ['ENOTFOUND', 'HostNotFound', 'no'],
    ['EAI_AGAIN', 'DnsUnavailable', 'no'],
    ['ECONNREFUSED', 'ConnectionRefused', 'no'],
    ['ECONNRESET', 'ConnectionReset', 'maybe'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TlsFailure', 'no'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'TlsFailure', 'no'],
    ['EWHATEVER', 'NetworkFailure', 'maybe'],
  ] as const) {
    test(`${system} is ${code}`, () => {
      const error = fromUnknown(Object.assign(new Error('x'), { code: system }), 'GET http://h/p')
      assert.equal(error.code, code)
      assert.equal(error.reached, reached)
      assert.match(error.message, /^GET http:\/\/h\/p: /)
    })
  }

  test('several addresses that all failed are told by the first', () => {
    const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
    assert.equal(fromUnknown(new AggregateError([refused]), 'GET').code, 'ConnectionRefused')
  })

  test('one of ours passes through', () => {
    const error = new MaxComputeError('Aborted', 'm')
    assert.equal(fromUnknown(error, 'GET'), error)
  })
})

describe('error answers', () => {
  const answer = (httpStatus: number, body: string, headers = {}): MaxComputeError =>
    serviceError({ httpStatus, body, headers }, 'GET http://h/p')

  test('are read as JSON and as XML', () => {
    const json = answer(
      429,
      '{"Code":"QPSExceeded","Message":"m","RequestId":"r","HoldClientMillis":5}',
    )
    assert.deepEqual(
      [json.code, json.requestId, json.holdMs, json.retry],
      ['QPSExceeded', 'r', 5, 'backoff'],
    )
    const xml = answer(
      404,
      '<Error><Code>NoSuchPartition</Code><Message>a &lt; b</Message></Error>',
    )
    assert.equal(xml.code, 'NoSuchPartition')
    assert.match(xml.message, /a < b/)
  })

  test('without a readable body go by the status', () => {
    assert.equal(answer(404, '').code, 'NoSuchObject')
    assert.equal(answer(401, '').code, 'Unauthorized')
    assert.equal(answer(429, '').code, 'FlowExceeded')
    const gateway = answer(502, '<html>bad gateway</html>', { 'x-odps-request-id': 'r2' })
    assert.deepEqual(
      [gateway.code, gateway.retry, gateway.requestId, gateway.reached],
      ['UnexpectedResponse', 'backoff', 'r2', 'maybe'],
    )
  })

  test('take their name from a number in the message where the code says little', () => {
    const error = answer(404, '{"Code":"NoSuchObject","Message":"ODPS-0420111: Project not found"}')
    assert.equal(error.code, 'NoSuchProject')
    const named = answer(403, '{"Code":"ODPS-0420095","Message":"Access Denied"}')
    assert.equal(named.code, 'AccessDenied')
  })
})
