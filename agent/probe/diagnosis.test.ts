import assert from 'node:assert/strict'
import { test } from 'node:test'

import { MaxComputeError } from '../../maxcompute/errors.ts'
import { KafkaError, KAFKA_ERROR_CODES, type KafkaErrorCode } from '../kafka/errors.ts'
import { diagnose, type ProbeVerdict } from './diagnosis.ts'
import { PROBE_ERROR_CODES, ProbeError, type ProbeErrorCode } from './probe-error.ts'

const PROBE_VERDICTS: Readonly<Record<ProbeErrorCode, ProbeVerdict>> = {
  NAME_NOT_FOUND: 'UNREACHABLE',
  DNS_UNAVAILABLE: 'UNREACHABLE',
  REFUSED: 'UNREACHABLE',
  NO_ROUTE: 'UNREACHABLE',
  TIMEOUT: 'UNREACHABLE',
  CUT: 'UNREACHABLE',
  NETWORK: 'UNREACHABLE',
  TLS_INTERCEPTED: 'UNREACHABLE',
  TLS_CUT: 'UNREACHABLE',
  TLS_NOT_SPOKEN: 'CONFIG_ERROR',
  TLS_EXPECTED: 'CONFIG_ERROR',
  TLS_EXPIRED: 'CONFIG_ERROR',
  TLS_NOT_YET_VALID: 'CONFIG_ERROR',
  TLS_WRONG_NAME: 'CONFIG_ERROR',
  TLS_UNTRUSTED: 'CONFIG_ERROR',
  TLS_REFUSED: 'CONFIG_ERROR',
  SASL_EXPECTED: 'CONFIG_ERROR',
  NOT_KAFKA: 'CONFIG_ERROR',
  ADVERTISED_UNREACHABLE: 'UNREACHABLE',
  NOT_MAXCOMPUTE: 'CONFIG_ERROR',
  PROXY_ANSWERED: 'UNREACHABLE',
  TUNNEL_UNREACHABLE: 'UNREACHABLE',
  BAD_SETTING: 'CONFIG_ERROR',
  BAD_PARTITION_SPEC: 'CONFIG_ERROR',
  UNSUPPORTED: 'UNSUPPORTED',
}

test('every finding of the probe has its word and an advice', () => {
  for (const code of PROBE_ERROR_CODES) {
    const diagnosis = diagnose(new ProbeError(code, 'kafka-1:9092 did something'))
    assert.equal(diagnosis?.verdict, PROBE_VERDICTS[code], code)
    assert.equal(diagnosis.cause, 'kafka-1:9092 did something')
    assert.match(diagnosis.advice, /^[a-zK].{15,}[^.]$/, code)
  }
})

test('of Kafka only silence is Unreachable, and what we cannot speak is Unsupported', () => {
  const others: Readonly<Partial<Record<KafkaErrorCode, ProbeVerdict>>> = {
    UNREACHABLE: 'UNREACHABLE',
    NO_PROGRESS: 'UNREACHABLE',
    NOT_LEADER: 'UNREACHABLE',
    UNSUPPORTED_VERSION: 'UNSUPPORTED',
    UNSUPPORTED_FORMAT: 'UNSUPPORTED',
  }
  for (const code of KAFKA_ERROR_CODES) {
    const diagnosis = diagnose(new KafkaError(code, 'what happened'))
    assert.equal(diagnosis?.verdict, others[code] ?? 'CONFIG_ERROR', code)
    assert.notEqual(diagnosis.advice, '')
  }
})

test('a Kafka error’s own advice stands for the table’s, and not twice', () => {
  const error = new KafkaError('NOT_AUTHORIZED', 'Fetch was refused', {
    where: { topic: 'orders' },
    action: 'grant the user READ',
  })
  assert.deepEqual(diagnose(error), {
    verdict: 'CONFIG_ERROR',
    cause: 'Fetch was refused (topic orders)',
    advice: 'grant the user READ',
  })
})

for (const [code, verdict, advice] of [
  ['HostNotFound', 'UNREACHABLE', /DNS/],
  ['ConnectionRefused', 'UNREACHABLE', /port/],
  ['ConnectTimeout', 'UNREACHABLE', /firewall/],
  ['ResponseTimeout', 'UNREACHABLE', /slow/],
  ['Unauthorized', 'CONFIG_ERROR', /accessKey/],
  ['RequestTimeTooSkewed', 'CONFIG_ERROR', /clock/],
  ['NoSuchProject', 'CONFIG_ERROR', /project/],
  ['NoSuchTable', 'CONFIG_ERROR', /table/],
  ['NoPermission', 'CONFIG_ERROR', /grant/],
  ['FlowExceeded', 'CONFIG_ERROR', /later/],
  ['SomethingNew', 'CONFIG_ERROR', /service names/],
  ['constructor', 'CONFIG_ERROR', /service names/],
] as const) {
  test(`MaxCompute's ${code} is ${verdict}`, () => {
    const diagnosis = diagnose(new MaxComputeError(code, 'what happened'))
    assert.equal(diagnosis?.verdict, verdict)
    assert.match(diagnosis.advice, advice)
  })
}

test('a bug is not blamed on the data source', () => {
  assert.equal(diagnose(new TypeError('x is not a function')), null)
})
