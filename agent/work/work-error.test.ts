import assert from 'node:assert/strict'
import { it } from 'node:test'

import { MaxComputeError } from '../../maxcompute/errors.ts'
import { WORK_ERROR_CODES } from '../../proto/work-error-codes.ts'
import { MappingError } from '../convert/mapping.ts'
import { KAFKA_ERROR_CODES, KafkaError } from '../kafka/errors.ts'
import { toWorkError, WorkFailure } from './work-error.ts'

const codeAndRetry = (thrown: unknown) => {
  const { code, retry } = toWorkError(thrown, {})
  return [code, retry]
}

it('every code of the Kafka port has a code of the link', () => {
  for (const code of KAFKA_ERROR_CODES) {
    const error = toWorkError(new KafkaError(code, 'what', { where: { topicPartition: 4 } }), {
      topic: 't',
    })
    assert.ok((WORK_ERROR_CODES as readonly string[]).includes(error.code ?? ''))
    assert.deepEqual(error.where, { topic: 't', topicPartition: '4' })
  }
  const offset = new KafkaError('OFFSET_OUT_OF_RANGE', 'gone')
  assert.deepEqual(codeAndRetry(offset), ['OFFSET_OUT_OF_RANGE', 'FATAL'])
  assert.deepEqual(codeAndRetry(new KafkaError('UNREACHABLE', 'x')), [
    'KAFKA_UNREACHABLE',
    'BACKOFF',
  ])
})

it('answers of MaxCompute keep apart what a person must correct and what may be tried again', () => {
  const of = (code: string, httpStatus?: number) =>
    codeAndRetry(new MaxComputeError(code, 'x', httpStatus === undefined ? {} : { httpStatus }))
  assert.deepEqual(of('Unauthorized', 401), ['MAXCOMPUTE_AUTHENTICATION_FAILED', 'FATAL'])
  assert.deepEqual(of('NoSuchTable', 404), ['TABLE_NOT_FOUND', 'FATAL'])
  assert.deepEqual(of('FlowExceeded', 429), ['MAXCOMPUTE_THROTTLED', 'BACKOFF'])
  assert.deepEqual(of('SomethingNew', 429), ['MAXCOMPUTE_THROTTLED', 'BACKOFF'])
  assert.deepEqual(of('SomethingNew', 503), ['MAXCOMPUTE_ERROR', 'BACKOFF'])
  assert.deepEqual(of('SomethingNew', 400), ['MAXCOMPUTE_ERROR', 'FATAL'])
  assert.deepEqual(of('ConnectionReset'), ['MAXCOMPUTE_UNREACHABLE', 'BACKOFF'])
  assert.deepEqual(of('HostNotFound'), ['MAXCOMPUTE_UNREACHABLE', 'FATAL'])
  assert.deepEqual(of('NoSuchUpload', 404), ['SESSION_LOST', 'RESTART_SESSION'])
  assert.deepEqual(of('TableModified', 400), ['SESSION_LOST', 'RESTART_SESSION'])
  assert.deepEqual(of('Aborted'), ['CANCELLED', 'BACKOFF'])
  assert.deepEqual(of('InstanceOutcomeUnknown'), ['SQL_FAILED', 'FATAL'])
  assert.deepEqual(of('constructor', 400), ['MAXCOMPUTE_ERROR', 'FATAL'])
})

it('whatever else is thrown keeps its message and its causes', () => {
  const full = Object.assign(new Error('write'), { code: 'ENOSPC' })
  assert.deepEqual(codeAndRetry(full), ['DISK_FULL', 'BACKOFF'])
  const bug = new TypeError('x is not a function', { cause: new Error('deeper') })
  const error = toWorkError(bug, {})
  assert.equal(error.code, 'INTERNAL')
  assert.match(error.message ?? '', /TypeError: x is not a function/)
  assert.equal(error.cause, 'Error: deeper')
  assert.equal(toWorkError('text', {}).code, 'INTERNAL')
  const mapping = new MappingError('COLUMN_NOT_FOUND', 'no column', 'c1')
  assert.deepEqual(toWorkError(mapping, {}).where, { column: 'c1' })
  const own = new WorkFailure('POSITION_INVALID', 'm', { where: { topic: 'inner' } })
  assert.deepEqual(toWorkError(own, { topic: 'outer', table: 't' }).where, {
    topic: 'inner',
    table: 't',
  })
})

it('the dirty records of a failure go with it, for a person to see', () => {
  const one = { topicPartition: 3, offset: 7, column: 'n', reason: 'no number' }
  const failure = new WorkFailure('DIRTY_LIMIT_EXCEEDED', 'm', { dirty: [one] })
  assert.deepEqual(toWorkError(failure, {}).dirty, [one])
  assert.deepEqual(toWorkError(new Error('other'), {}).dirty, [])
})
