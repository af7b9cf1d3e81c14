import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { Cluster } from './cluster.ts'
import { KafkaError } from './errors.ts'
import { FakeCluster, OLD_VERSIONS } from './fake-cluster.ts'
import type { ClusterConfig } from './security.ts'

const PLAIN = { clientId: 'test', sasl: null, tls: null } as const
const options = { connectTimeoutMs: 1_000, requestTimeoutMs: 100, retryMs: 300 }

async function deadAddress(): Promise<string> {
  const gone = await new FakeCluster({}).start()
  const address = gone.bootstrap
  await gone.stop()
  return address
}

function clusterOf(t: TestContext, config: Partial<ClusterConfig>): Cluster {
  const cluster = new Cluster({ bootstrapServers: [], ...PLAIN, ...config }, options)
  t.after(() => cluster.close())
  return cluster
}

async function fakeOf(t: TestContext, fake: FakeCluster): Promise<FakeCluster> {
  t.after(() => fake.stop())
  return await fake.start()
}

test('a bootstrap server on which nobody listens is named at once', async (t) => {
  const address = await deadAddress()
  const cluster = clusterOf(t, { bootstrapServers: [address] })
  await assert.rejects(cluster.describeTopic('t'), (error) => {
    assert.ok(error instanceof KafkaError)
    assert.equal(error.code, 'UNREACHABLE')
    assert.match(error.message, /ECONNREFUSED/)
    assert.match(error.message, new RegExp(address))
    assert.match(error.message, /advertised\.listeners/)
    return true
  })
})

test('the next bootstrap server is asked when one is dead', async (t) => {
  const fake = await fakeOf(t, new FakeCluster({}))
  const cluster = clusterOf(t, { bootstrapServers: [await deadAddress(), fake.bootstrap] })
  assert.equal((await cluster.describeTopic('t')).topicPartitions.length, 1)
})

test('old and new brokers are described by the versions that they speak', async (t) => {
  for (const [versions, topicId, leaderEpoch] of [
    [OLD_VERSIONS, null, -1],
    [{ ...OLD_VERSIONS, 3: [0, 7] }, null, 5],
    [{ ...OLD_VERSIONS, 3: [0, 9] }, null, 5],
    [{ ...OLD_VERSIONS, 3: [0, 12] }, 'AAAAAAAAAAAAAAAAAAAAAQ', 5],
  ] as const) {
    const fake = await fakeOf(t, new FakeCluster({ versions }))
    const cluster = clusterOf(t, { bootstrapServers: [fake.bootstrap] })
    const description = await cluster.describeTopic('t')
    assert.equal(description.topicId, topicId)
    assert.deepEqual(description.topicPartitions, [{ topicPartition: 0, leaderId: 0, leaderEpoch }])
    assert.equal((await cluster.listOffsets('t', { at: 'latest' })).get(0)?.offset, 1_000_000)
  }
})

test('a broker that speaks none of our versions is told so', async (t) => {
  const fake = await fakeOf(t, new FakeCluster({ versions: { 3: [20, 21] } }))
  const cluster = clusterOf(t, { bootstrapServers: [fake.bootstrap] })
  await assert.rejects(cluster.describeTopic('t'), {
    code: 'UNSUPPORTED_VERSION',
    message: /speaks 20 to 21 of Metadata/,
  })
})

test('an idle cluster handle keeps no timer running', async (t) => {
  const fake = await fakeOf(t, new FakeCluster({}))
  const cluster = clusterOf(t, { bootstrapServers: [fake.bootstrap] })
  const timers = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length
  const before = timers()
  for (let i = 0; i < 5; i++) await cluster.describeTopic('t')
  assert.equal(timers(), before)
  assert.equal(fake.sockets.size, 1)
})

test('a closed handle ends what waits and refuses the rest', async (t) => {
  const fake = await fakeOf(t, new FakeCluster({}))
  const cluster = clusterOf(t, { bootstrapServers: [fake.bootstrap] })
  const asking = cluster.describeTopic('t')
  cluster.close()
  await assert.rejects(asking, { code: 'CANCELLED' })
  await assert.rejects(cluster.describeTopic('t'), { code: 'CANCELLED' })
})

test('addresses, PEM texts and mechanisms are checked before anything is connected', async (t) => {
  const bootstrapServers = ['kafka:9092']
  const tls = {
    caPem: null,
    certPem: null,
    keyPem: null,
    keyPassphrase: null,
    verifyHostname: true,
  }
  const cases: [Partial<ClusterConfig>, RegExp][] = [
    [{}, /no bootstrap server/],
    [{ bootstrapServers: ['http://kafka:9092'] }, /not host:port.*without a scheme/],
    [{ bootstrapServers: ['kafka:99999'] }, /not host:port/],
    [{ bootstrapServers, tls: { ...tls, caPem: 'MIIKzwIBAzCC' } }, /not PEM.*keytool/],
    [{ bootstrapServers, tls: { ...tls, certPem: '-----BEGIN CERTIFICATE-----' } }, /go together/],
    [
      { bootstrapServers, sasl: { mechanism: 'GSSAPI', username: 'u', password: 's' } },
      /GSSAPI is not supported/,
    ],
  ]
  for (const [config, message] of cases) {
    const ask = async () => await clusterOf(t, config).describeCluster()
    await assert.rejects(ask, { code: 'INVALID_CONFIGURATION', message })
  }
})

test('an IPv6 address is taken in brackets', async (t) => {
  const cluster = clusterOf(t, { bootstrapServers: ['[::1]:1'] })
  await assert.rejects(cluster.describeCluster(), { code: 'UNREACHABLE', message: /\[::1\]:1/ })
})
