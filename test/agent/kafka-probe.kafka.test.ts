/** The connectivity test of a Kafka data source against a real broker with a listener of each kind. */
import 'reflect-metadata'
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { runProbe } from '../../agent/probe/run-probe.ts'
import { plainCluster, produce } from '../../dev/kafka/produce.ts'
import { freePort, startKafka, type RunningKafka } from '../../dev/kafka/start.ts'
import { runKafkaTool } from '../../dev/kafka/tool.ts'
import type { KafkaConnection } from '../../proto/gen/sluice/agent/v1/KafkaConnection.ts'
import type { TestResultInput } from '../../proto/gen/sluice/agent/v1/TestResult.ts'
import { testCertificates, type TestCertificates } from '../kafka/test-certificates.ts'

const USER = 'reader'
const PASSWORD = 'plain-password'
const WRONG_PASSWORD = 'wrong-p4ssword'
/** Nobody has it: of TEST-NET-1. Packets to it go nowhere, or are refused at once. */
const NOBODY = '192.0.2.1'
const signal = new AbortController().signal

let broker: RunningKafka
let dir = ''
let certificates: TestCertificates
const ports = { sasl: 0, tls: 0, mutual: 0, lost: 0, unnamed: 0 }

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-probe-'))
  certificates = await testCertificates()
  const { serverKeyPem, serverCertPem, caPem } = certificates
  await writeFile(join(dir, 'server.pem'), `${serverKeyPem}\n${serverCertPem}\n`, { mode: 0o600 })
  await writeFile(join(dir, 'ca.pem'), caPem)
  const [port, controllerPort] = [await freePort(), await freePort()]
  for (const name of Object.keys(ports)) ports[name as keyof typeof ports] = await freePort()
  const jaas = `org.apache.kafka.common.security.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`
  const at = (name: string, host: string, port: number): string => `${name}://${host}:${port}`
  const common = [
    at('PLAINTEXT', '127.0.0.1', port),
    at('SASL', '127.0.0.1', ports.sasl),
    at('TLS', '127.0.0.1', ports.tls),
    at('MUTUAL', '127.0.0.1', ports.mutual),
  ]
  const tls = (listener: string): Record<string, string> => ({
    [`listener.name.${listener}.ssl.keystore.type`]: 'PEM',
    [`listener.name.${listener}.ssl.keystore.location`]: join(dir, 'server.pem'),
    [`listener.name.${listener}.ssl.truststore.type`]: 'PEM',
    [`listener.name.${listener}.ssl.truststore.location`]: join(dir, 'ca.pem'),
  })
  broker = await startKafka({
    dataDir: dir,
    port,
    fastStart: true,
    properties: {
      listeners: [
        ...common,
        at('LOST', '127.0.0.1', ports.lost),
        at('UNNAMED', '127.0.0.1', ports.unnamed),
        at('CONTROLLER', '127.0.0.1', controllerPort),
      ].join(),
      'advertised.listeners': [
        ...common,
        at('LOST', NOBODY, 9092),
        at('UNNAMED', 'broker-1.sluice.invalid', 9092),
      ].join(),
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      'listener.security.protocol.map':
        'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LOST:PLAINTEXT,UNNAMED:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,MUTUAL:SSL',
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.sasl.plain.sasl.jaas.config': jaas,
      ...tls('tls'),
      ...tls('mutual'),
      'listener.name.mutual.ssl.client.auth': 'required',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  })
  const cluster = plainCluster(broker.bootstrap)
  const settings = { replicationFactor: 1, config: {} }
  await cluster.createTopic({ topic: 'filled', topicPartitions: 3, ...settings })
  await cluster.createTopic({ topic: 'empty', topicPartitions: 1, ...settings })
  await cluster.createTopic({ topic: 'described', topicPartitions: 1, ...settings })
  await produce(cluster, 'filled', 1, [{ value: Buffer.from('v') }])
  cluster.close()
  await Promise.all([allow('Read', ['filled', 'empty']), allow('Describe', ['described'])])
})

after(async () => {
  await broker.kill()
  await rm(dir, { recursive: true, force: true })
})

async function allow(operation: string, topics: readonly string[]): Promise<void> {
  const args = ['--bootstrap-server', broker.bootstrap, '--add']
  args.push('--allow-principal', `User:${USER}`, '--operation', operation)
  for (const topic of topics) args.push('--topic', topic)
  const result = await runKafkaTool('org.apache.kafka.tools.AclCommand', args)
  if (result.exitCode !== 0) throw new Error(result.stdout + result.stderr)
}

async function probe(
  changes: Partial<KafkaConnection> & { readonly port?: number } = {},
  topic = '',
): Promise<TestResultInput> {
  const { port = Number(broker.bootstrap.split(':')[1]), ...others } = changes
  const kafka: KafkaConnection = {
    bootstrapServers: [`127.0.0.1:${port}`],
    security: 'PLAINTEXT',
    saslMechanism: '',
    saslUsername: '',
    saslPassword: '',
    caPem: '',
    certPem: '',
    keyPem: '',
    keyPassword: '',
    verifyHostname: true,
    ...others,
  }
  const spec = { datasource: 'k', kafka, topic, table: '', partitionSpec: [], timeoutMs: 30_000 }
  const result = await runProbe(spec, { signal })
  if (kafka.saslPassword !== '') assert.ok(!JSON.stringify(result).includes(kafka.saslPassword))
  return result
}

function sasl(password = PASSWORD): Partial<KafkaConnection> & { port: number } {
  return {
    port: ports.sasl,
    security: 'SASL_PLAINTEXT',
    saslMechanism: 'PLAIN',
    saslUsername: USER,
    saslPassword: password,
  }
}

function failed(
  result: TestResultInput,
  verdict: TestResultInput['verdict'],
  stage: string,
  message: RegExp,
): void {
  const name = result.stages?.find(({ outcome }) => outcome === 'FAILED')?.name
  assert.deepEqual([result.verdict, name], [verdict, stage], result.message)
  assert.match(result.message ?? '', message)
}

test('right settings and a topic: every stage passes, to one record', async () => {
  const result = await probe({}, 'filled')
  assert.equal(result.verdict, 'CONNECTABLE', result.message)
  const stages = (result.stages ?? []).map(({ name, outcome }) => `${name} ${outcome}`)
  assert.deepEqual(stages, [
    'dns PASSED',
    'tcp PASSED',
    'tls SKIPPED',
    'authentication PASSED',
    'metadata PASSED',
    'topic PASSED',
    'read PASSED',
  ])
  assert.match(result.stages?.at(-1)?.detail ?? '', /topic partition 1 at offset 0/)
})

test('an empty topic is Connectable, and no topic skips its stages', async () => {
  const empty = await probe({}, 'empty')
  assert.equal(empty.verdict, 'CONNECTABLE', empty.message)
  assert.match(empty.stages?.at(-1)?.detail ?? '', /^empty topic/)
  const none = await probe(sasl())
  assert.equal(none.verdict, 'CONNECTABLE', none.message)
  assert.equal(none.stages?.at(-1)?.outcome, 'SKIPPED')
})

test('a user who may read is let through, one who may only describe is not', async () => {
  for (const topic of ['filled', 'empty']) {
    const result = await probe(sasl(), topic)
    assert.equal(result.verdict, 'CONNECTABLE', result.message)
  }
  failed(await probe(sasl(), 'described'), 'CONFIG_ERROR', 'read', /grant the user READ/)
})

test('a wrong password, and no user where one is wanted', async () => {
  const wrong = await probe(sasl(WRONG_PASSWORD))
  failed(wrong, 'CONFIG_ERROR', 'authentication', /user name, password/)
  const nobody = await probe({ port: ports.sasl })
  failed(nobody, 'CONFIG_ERROR', 'authentication', /this listener wants a user/)
})

test('a mechanism that the agent has not is Unsupported', async () => {
  const result = await probe({ ...sasl(), saslMechanism: 'GSSAPI' })
  failed(result, 'UNSUPPORTED', 'authentication', /GSSAPI is not supported/)
})

test('a wrong topic is a ConfigError', async () => {
  failed(await probe({}, 'no-such-topic'), 'CONFIG_ERROR', 'topic', /check the topic name/)
})

test('a closed port, and a name that nobody knows, are Unreachable', async () => {
  failed(await probe({ port: await freePort() }), 'UNREACHABLE', 'tcp', /refuses the connection/)
  const unnamed = await probe({ bootstrapServers: ['broker.sluice.invalid:9092'] })
  failed(unnamed, 'UNREACHABLE', 'dns', /broker\.sluice\.invalid/)
})

test('one bootstrap server that answers is enough, and the others are named', async () => {
  const dead = `127.0.0.1:${await freePort()}`
  const bootstrapServers = [dead, 'broker.sluice.invalid:9092', broker.bootstrap]
  const result = await probe({ bootstrapServers }, 'filled')
  assert.equal(result.verdict, 'CONNECTABLE', result.message)
  const [dns, tcp] = result.stages ?? []
  assert.match(dns?.detail ?? '', /broker\.sluice\.invalid/)
  assert.match(tcp?.detail ?? '', new RegExp(`${dead} refuses`))
})

test('a broker that advertises an address which cannot be dialled is named', async () => {
  const lost = await probe({ port: ports.lost }, 'filled')
  failed(
    lost,
    'UNREACHABLE',
    'metadata',
    /bootstrap server answers, but broker 1 advertises 192\.0\.2\.1:9092/,
  )
  assert.match(lost.message ?? '', /set advertised\.listeners/)
  const unnamed = await probe({ port: ports.unnamed })
  failed(unnamed, 'UNREACHABLE', 'metadata', /broker 1 advertises broker-1\.sluice\.invalid:9092/)
})

test('TLS is looked into: protocol, issuer and expiry are said', async () => {
  const result = await probe({ port: ports.tls, security: 'SSL', caPem: certificates.caPem })
  assert.equal(result.verdict, 'CONNECTABLE', result.message)
  assert.match(result.stages?.[2]?.detail ?? '', /TLSv1\.3, issued by test CA, valid until /)
})

test('TLS to a plaintext port, and plaintext to a TLS port, are told', async () => {
  const toPlain = await probe({ security: 'SSL', caPem: certificates.caPem })
  failed(toPlain, 'CONFIG_ERROR', 'tls', /it speaks Kafka without TLS/)
  const toTls = await probe({ port: ports.tls })
  failed(toTls, 'CONFIG_ERROR', 'authentication', /speaks TLS, and the data source does not/)
})

test('a CA that did not sign, a name that is not in the certificate, a client certificate that is missing', async () => {
  const tls = { port: ports.tls, security: 'SSL', caPem: certificates.caPem } as const
  const untrusted = await probe({ ...tls, caPem: certificates.otherCaPem })
  failed(
    untrusted,
    'CONFIG_ERROR',
    'tls',
    /signed by test CA, which the CA of the data source did not/,
  )
  const misnamed = await probe({ ...tls, bootstrapServers: [`localhost:${ports.tls}`] })
  failed(misnamed, 'CONFIG_ERROR', 'tls', /certificate of localhost:\d+ is for .*127\.0\.0\.1/)
  const unproven = await probe({ ...tls, port: ports.mutual })
  failed(unproven, 'CONFIG_ERROR', 'authentication', /certificate/)
})

test('what takes connections and is no broker is told so', async (t) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  })
  const port = await listening(server)
  t.after(() => server.close())
  failed(await probe({ port }), 'CONFIG_ERROR', 'authentication', /./)
})

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
