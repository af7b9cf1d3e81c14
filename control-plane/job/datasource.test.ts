import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parseDataSource, splitSecrets } from './datasource.ts'
import type { DataSourceType } from './datasource.ts'

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n'
const KEY = '-----BEGIN PRIVATE KEY-----\nS0VZ\n-----END PRIVATE KEY-----\n'
const KAFKA = {
  address: [{ host: 'broker-1.example.test', port: 9093 }],
  securityProtocol: 'authTypeSaslSsl',
  saslMechanism: 'SCRAM-SHA-256',
  saslUsername: 'app',
  saslPassword: 'hunter2',
  truststoreFile: CERTIFICATE,
}
const MAXCOMPUTE = {
  project: 'dw_dev',
  endpoint: 'https://service.example.test/api/',
  tunnelServer: 'https://dt.example.test',
  accessId: 'id-1',
  accessKey: 'hunter2',
}

function parse(type: DataSourceType, properties: unknown, name = 'source_1') {
  return parseDataSource({ name, type, properties })
}

function messages(type: DataSourceType, properties: unknown): string {
  const parsed = parse(type, properties)
  assert.ok(!parsed.ok, 'the data source was accepted')
  assert.ok(!JSON.stringify(parsed).includes('hunter2'), 'a secret is in a problem')
  return parsed.problems.map(({ path, message }) => `${path}: ${message}`).join('\n')
}

test('a Kafka data source with SASL over TLS', () => {
  const parsed = parse('kafka', KAFKA)
  assert.ok(parsed.ok && parsed.type === 'kafka')
  assert.deepEqual(parsed.source, {
    kind: 'kafka',
    bootstrapServers: [{ host: 'broker-1.example.test', port: 9093 }],
    sasl: { mechanism: 'scram-sha-256', username: 'app' },
    tls: { caPem: CERTIFICATE, clientCertPem: null, verifyHostname: true },
  })
  assert.equal(parsed.secrets.saslPassword, 'hunter2')
  assert.ok(!JSON.stringify(parsed.source).includes('hunter2'))
})

test('a client certificate and its key come in one PEM text, the key into the secrets', () => {
  const parsed = parse('kafka', {
    bootstrapServers: 'a:1,[::1]:2',
    securityProtocol: 'authTypeSsl',
    keystoreFile: `${KEY}${CERTIFICATE}`,
    kafkaConfig: '{"ssl.endpoint.identification.algorithm": ""}',
  })
  assert.ok(parsed.ok && parsed.type === 'kafka')
  const { bootstrapServers, tls } = parsed.source
  assert.deepEqual(bootstrapServers.at(1), { host: '::1', port: 2 })
  assert.deepEqual(tls, { caPem: null, clientCertPem: CERTIFICATE, verifyHostname: false })
  assert.equal(parsed.secrets.clientKeyPem, KEY)
  assert.match(parsed.notes.map(({ message }) => message).join(), /agent's host trusts/)
})

test('a Java trust store is refused with the way to a PEM text', () => {
  const jks = Buffer.from([0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]).toString('base64')
  assert.match(messages('kafka', { ...KAFKA, truststoreFile: jks }), /JKS.*keytool/)
})

test('what a login needs is asked for, by name', () => {
  const found = messages('kafka', { address: 'a:1', securityProtocol: 'authTypeSaslPlaintext' })
  assert.match(found, /\$\.properties\.saslMechanism: .*missing/)
  assert.match(found, /\$\.properties\.saslUsername: .*missing/)
  assert.match(found, /\$\.properties\.saslPassword: .*missing/)
})

test('Kerberos, instance mode and unknown properties are refused in one answer', () => {
  const found = messages('kafka', {
    ...KAFKA,
    saslMechanism: 'gssapi',
    mode: 'InstanceMode',
    saslPasword: 'hunter2',
    kafkaConfig: { 'sasl.jaas.config': 'hunter2' },
  })
  assert.match(found, /Kerberos/)
  assert.match(found, /InstanceMode is not supported/)
  assert.match(found, /"saslPasword" is not known/)
  assert.match(found, /kafkaConfig\["sasl.jaas.config"\].*properties of its own/)
})

test('wrong addresses are located one by one', () => {
  const address = [{ host: 'a', port: 70_000 }, 'b', 'c:9092']
  const found = messages('kafka', { address })
  assert.match(found, /address\[0\]\.port/)
  assert.match(found, /address\[1\]: .*host:port/)
  assert.equal(found.split('\n').length, 2)
})

test('a MaxCompute data source', () => {
  const parsed = parse('odps', { ...MAXCOMPUTE, authType: 'PrimaryAccount', schema: 'ods' })
  assert.ok(parsed.ok && parsed.type === 'odps')
  assert.deepEqual(parsed.source, {
    kind: 'maxcompute',
    project: 'dw_dev',
    endpoint: 'https://service.example.test/api',
    tunnelEndpoint: 'https://dt.example.test',
    regionId: null,
    schema: 'ods',
    accessId: 'id-1',
  })
  assert.deepEqual(parsed.secrets, {
    kind: 'maxcompute',
    accessKey: 'hunter2',
    securityToken: null,
  })
})

test('the endpoint follows from the region where none is given', () => {
  const { endpoint: _, ...rest } = MAXCOMPUTE
  const parsed = parse('odps', { ...rest, endpointMode: 'SelfAdaption', regionId: 'cn-hangzhou' })
  assert.ok(parsed.ok && parsed.type === 'odps')
  assert.equal(parsed.source.endpoint, 'https://service.cn-hangzhou.maxcompute.aliyun.com/api')
  assert.match(messages('odps', rest), /\$\.properties\.endpoint: .*missing/)
})

test('a URL with a password in it is refused and not shown', () => {
  const endpoint = 'https://u:hunter2@service.example.test/api'
  assert.match(messages('odps', { ...MAXCOMPUTE, endpoint }), /without user or query/)
})

test('roles without an AccessKey are refused', () => {
  assert.match(messages('odps', { ...MAXCOMPUTE, authType: 'RamRole' }), /AccessKey/)
})

test('names and descriptions follow the rule of DataWorks', () => {
  for (const name of ['1st', '', 'a-b', 'a b', 'ä']) {
    assert.equal(parse('odps', MAXCOMPUTE, name).ok, false, name)
  }
  const description = 'x'.repeat(81)
  const long = parseDataSource({ name: 'a', type: 'odps', description, properties: MAXCOMPUTE })
  assert.equal(long.ok, false)
})

test('split secrets and open properties together are the properties', () => {
  for (const [type, properties] of [
    ['kafka', { ...KAFKA, keystoreFile: KEY }],
    ['odps', MAXCOMPUTE],
  ] as const) {
    const { open, secrets } = splitSecrets(type, properties)
    assert.deepEqual({ ...open, ...secrets }, properties)
    assert.doesNotMatch(JSON.stringify(open), /hunter2|PRIVATE KEY/)
  }
})
