import 'reflect-metadata'
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { Cluster } from '../../agent/kafka/cluster.ts'
import { KafkaError, type KafkaErrorCode } from '../../agent/kafka/errors.ts'
import { readRange } from '../../agent/kafka/reader.ts'
import type { SaslConfig, TlsConfig } from '../../agent/kafka/security.ts'
import { plainCluster, produce } from '../../dev/kafka/produce.ts'
import { freePort, startKafka, type RunningKafka } from '../../dev/kafka/start.ts'
import { runKafkaTool } from '../../dev/kafka/tool.ts'
import { testCertificates, type TestCertificates } from './test-certificates.ts'

/** One broker with a listener of each kind; KAFKA_BOOTSTRAP cannot stand in for it. */
let broker: RunningKafka
let dir = ''
let certificates: TestCertificates
let saslPort = 0
let tlsPort = 0

const TOPIC = 'secured'
const USER = 'reader'
const PASSWORD = 'wrong-p4ssword'

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-kafka-'))
  certificates = await testCertificates()
  const { serverKeyPem, serverCertPem, caPem } = certificates
  await writeFile(join(dir, 'server.pem'), `${serverKeyPem}\n${serverCertPem}\n`, { mode: 0o600 })
  await writeFile(join(dir, 'ca.pem'), caPem)
  const [port, controllerPort] = [await freePort(), await freePort()]
  saslPort = await freePort()
  tlsPort = await freePort()
  const listeners = `PLAINTEXT://127.0.0.1:${port},SASL://127.0.0.1:${saslPort},TLS://127.0.0.1:${tlsPort}`
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required user_${USER}="plain-password";`
  broker = await startKafka({
    dataDir: dir,
    port,
    fastStart: true,
    properties: {
      listeners: `${listeners},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': listeners,
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      'listener.security.protocol.map':
        'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'listener.name.sasl.plain.sasl.jaas.config': plain,
      'listener.name.sasl.scram-sha-256.sasl.jaas.config': scram,
      'listener.name.sasl.scram-sha-512.sasl.jaas.config': scram,
      'listener.name.tls.ssl.keystore.type': 'PEM',
      'listener.name.tls.ssl.keystore.location': join(dir, 'server.pem'),
      'listener.name.tls.ssl.truststore.type': 'PEM',
      'listener.name.tls.ssl.truststore.location': join(dir, 'ca.pem'),
      'listener.name.tls.ssl.client.auth': 'required',
    },
  })
  await Promise.all(['SCRAM-SHA-256', 'SCRAM-SHA-512'].map(addScramUser))
  const cluster = plainCluster(broker.bootstrap)
  await cluster.createTopic({ topic: TOPIC, topicPartitions: 1, replicationFactor: 1, config: {} })
  await produce(
    cluster,
    TOPIC,
    0,
    Array.from({ length: 500 }, () => ({ value: Buffer.from('v') })),
  )
  cluster.close()
})

after(async () => {
  await broker.kill()
  await rm(dir, { recursive: true, force: true })
})

/** The tool takes one mechanism of a user at a time. */
async function addScramUser(mechanism: string): Promise<void> {
  const file = join(dir, `${mechanism}.properties`)
  await writeFile(file, `${mechanism}=password=scram-password\n`)
  const args = ['--bootstrap-server', broker.bootstrap, '--alter', '--entity-type', 'users']
  args.push('--entity-name', USER, '--add-config-file', file)
  const result = await runKafkaTool('kafka.admin.ConfigCommand', args)
  if (result.exitCode !== 0) throw new Error(result.stdout + result.stderr)
}

async function countRecords(
  port: number,
  sasl: SaslConfig | null,
  tls: TlsConfig | null,
): Promise<number> {
  const bootstrapServers = [`127.0.0.1:${port}`]
  const cluster = new Cluster(
    { bootstrapServers, clientId: 'test', sasl, tls },
    { connectTimeoutMs: 5_000 },
  )
  try {
    const { topicId } = await cluster.describeTopic(TOPIC)
    const range = { topic: TOPIC, topicPartition: 0, startOffset: 0, endOffset: 500 }
    const pinned = { topicId, leaderEpoch: null }
    let count = 0
    for await (const spans of readRange(cluster, range, { isolation: 'read_committed', pinned })) {
      count += spans.count
    }
    return count
  } finally {
    cluster.close()
  }
}

async function refused(
  code: KafkaErrorCode,
  pattern: RegExp,
  work: Promise<unknown>,
): Promise<void> {
  const error = await work.then(
    () => assert.fail('it should be refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof KafkaError, String(error))
  assert.equal(error.code, code, error.message)
  assert.match(error.message, pattern)
  assert.ok(!JSON.stringify([error, error.message, String(error.cause)]).includes(PASSWORD))
}

const tlsOf = (changes: Partial<TlsConfig> = {}): TlsConfig => ({
  caPem: certificates.caPem,
  certPem: certificates.clientCertPem,
  keyPem: certificates.clientKeyPem,
  keyPassphrase: null,
  verifyHostname: true,
  ...changes,
})

for (const mechanism of ['PLAIN', 'scram-sha-256', 'SCRAM-SHA-512']) {
  const password = mechanism === 'PLAIN' ? 'plain-password' : 'scram-password'

  test(`a user is known by ${mechanism}`, async () => {
    assert.equal(await countRecords(saslPort, { mechanism, username: USER, password }, null), 500)
  })

  test(`a wrong password is refused by ${mechanism}, and is not in the error`, async () => {
    const work = countRecords(saslPort, { mechanism, username: USER, password: PASSWORD }, null)
    await refused('AUTHENTICATION_FAILED', /check user name, password/, work)
  })
}

test('without a user the SASL listener is told apart from a dead one', async () => {
  await refused(
    'UNREACHABLE',
    /closed the connection.*TLS, SASL/,
    countRecords(saslPort, null, null),
  )
})

test('TLS with a client certificate reads records', async () => {
  assert.equal(await countRecords(tlsPort, null, tlsOf()), 500)
})

test('a broker whose certificate the CA did not sign is refused', async () => {
  const work = countRecords(tlsPort, null, tlsOf({ caPem: certificates.otherCaPem }))
  await refused('AUTHENTICATION_FAILED', /TLS failed/, work)
})

test('without its client certificate the connection is refused', async () => {
  const work = countRecords(tlsPort, null, tlsOf({ certPem: null, keyPem: null }))
  await refused('AUTHENTICATION_FAILED', /TLS failed/, work)
})

test('a host name that is not in the certificate is refused, unless it is not to be compared', async () => {
  const ask = async (verifyHostname: boolean) => {
    const bootstrapServers = [`localhost:${tlsPort}`] // the certificate is for 127.0.0.1
    const tls = tlsOf({ verifyHostname })
    const cluster = new Cluster({ bootstrapServers, clientId: 'test', sasl: null, tls })
    return await cluster.describeCluster().finally(() => cluster.close())
  }
  await refused('AUTHENTICATION_FAILED', /localhost/, ask(true))
  assert.equal((await ask(false)).brokers.length, 1)
})

test('TLS to a listener without TLS says so', async () => {
  const port = Number(broker.bootstrap.split(':')[1])
  await refused('UNREACHABLE', /./, countRecords(port, null, tlsOf()))
})
