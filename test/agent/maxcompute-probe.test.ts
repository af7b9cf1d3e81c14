/** The connectivity test of a MaxCompute data source, over real sockets, against the local endpoint. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { runProbe } from '../../agent/probe/run-probe.ts'
import { freePort } from '../../dev/kafka/start.ts'
import {
  DEFAULT_CREDENTIALS,
  startLocalEndpoint,
  type LocalEndpoint,
} from '../../dev/maxcompute/endpoint.ts'
import { MaxComputeClient } from '../../maxcompute/client.ts'
import type { MaxComputeConnection } from '../../proto/gen/sluice/agent/v1/MaxComputeConnection.ts'
import type { TestResultInput } from '../../proto/gen/sluice/agent/v1/TestResult.ts'

const PROJECT = 'probe_project'
const WRONG_KEY = 'a-wrong-access-key'
const { accessId, accessKey } = DEFAULT_CREDENTIALS
const signal = new AbortController().signal

let dir = ''
let endpoint: LocalEndpoint

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-probe-'))
  endpoint = await startLocalEndpoint({ dataDir: dir, projects: [PROJECT] })
  const client = new MaxComputeClient({
    endpoint: `${endpoint.url}/api`,
    project: PROJECT,
    credentials: { accessKeyId: accessId, accessKeySecret: accessKey },
  })
  await client.runSql({ sql: 'CREATE TABLE plain (v STRING)' })
  await client.runSql({ sql: 'CREATE TABLE parted (v STRING) PARTITIONED BY (dt STRING)' })
  client.close()
})

after(async () => {
  await endpoint.close()
  await rm(dir, { recursive: true, force: true })
})

async function probe(
  changes: Partial<MaxComputeConnection> = {},
  table = '',
  partitionSpec: string[] = [],
): Promise<TestResultInput> {
  const maxcompute: MaxComputeConnection = {
    endpoint: `${endpoint.url}/api`,
    tunnelEndpoint: '',
    project: PROJECT,
    schema: '',
    region: '',
    accessId,
    accessKey,
    securityToken: '',
    tunnelQuota: '',
    ...changes,
  }
  const spec = { datasource: 'mc', maxcompute, topic: '', table, partitionSpec, timeoutMs: 20_000 }
  const result = await runProbe(spec, { signal })
  assert.ok(!JSON.stringify(result).includes(maxcompute.accessKey))
  return result
}

function outcomes({ stages = [] }: TestResultInput): Record<string, unknown> {
  return Object.fromEntries(stages.map(({ name, outcome }) => [name, outcome]))
}

function failedStage({ stages = [] }: TestResultInput): string | undefined {
  return stages.find(({ outcome }) => outcome === 'FAILED')?.name
}

test('right settings with a table: every stage passes, and the session is left unused', async () => {
  const result = await probe({}, 'plain')
  assert.equal(result.verdict, 'CONNECTABLE', result.message)
  assert.deepEqual(outcomes(result), {
    dns: 'PASSED',
    tcp: 'PASSED',
    tls: 'SKIPPED',
    endpoint: 'PASSED',
    credentials: 'PASSED',
    project: 'PASSED',
    table: 'PASSED',
    tunnel: 'PASSED',
    session: 'PASSED',
  })
  assert.match(
    result.stages?.at(-1)?.detail ?? '',
    /^session \w+ of probe_project\.plain, left unused/,
  )
})

test('without a table its stages are skipped, and the Tunnel is tried all the same', async () => {
  const result = await probe({ region: 'cn-hangzhou' })
  assert.equal(result.verdict, 'CONNECTABLE', result.message)
  const { table, tunnel, session } = outcomes(result)
  assert.deepEqual([table, tunnel, session], ['SKIPPED', 'PASSED', 'SKIPPED'])
})

test('a partition that is not there yet is no error, and is not made by the test', async () => {
  const unnamed = await probe({}, 'parted')
  assert.equal(outcomes(unnamed)['session'], 'SKIPPED')
  const named = await probe({}, 'parted', ['dt=20260101'])
  assert.equal(named.verdict, 'CONNECTABLE', named.message)
  assert.match(named.stages?.at(-1)?.detail ?? '', /runs create it/)
  const wrong = await probe({}, 'parted', ['hour=1'])
  assert.equal(wrong.verdict, 'CONFIG_ERROR')
  assert.match(
    wrong.message ?? '',
    /^session: .*partitioned by dt, and the partition named is hour=1/,
  )
})

for (const [what, changes, table, stage, message] of [
  ['a wrong key', { accessKey: WRONG_KEY }, '', 'credentials', /check accessId and accessKey/],
  ['an unknown id', { accessId: 'nobody' }, '', 'credentials', /accessKeyId not found/],
  ['a wrong project', { project: 'no_such_project' }, '', 'project', /project/],
  ['a wrong table', {}, 'no_such_table', 'table', /check the name of the table/],
] as const) {
  test(`${what} is a ConfigError at stage ${stage}`, async () => {
    const result = await probe(changes, table)
    assert.equal(result.verdict, 'CONFIG_ERROR')
    assert.equal(failedStage(result), stage)
    assert.match(result.message ?? '', message)
  })
}

test('a closed port, and a name that the DNS does not know, are Unreachable', async () => {
  const closed = await probe({ endpoint: `http://127.0.0.1:${await freePort()}/api` })
  assert.deepEqual([closed.verdict, failedStage(closed)], ['UNREACHABLE', 'tcp'])
  assert.match(closed.message ?? '', /refuses the connection/)
  const unnamed = await probe({ endpoint: 'http://service.sluice.invalid/api' })
  assert.deepEqual([unnamed.verdict, failedStage(unnamed)], ['UNREACHABLE', 'dns'])
})

test('a Tunnel that cannot be reached behind an endpoint that can is named', async () => {
  const tunnelEndpoint = `http://127.0.0.1:${await freePort()}`
  const result = await probe({ tunnelEndpoint }, 'plain')
  assert.deepEqual([result.verdict, failedStage(result)], ['UNREACHABLE', 'tunnel'])
  assert.match(
    result.message ?? '',
    /the endpoint answers, but its Tunnel .* \(as configured\) does not/,
  )
  assert.match(result.message ?? '', /set tunnelServer/)
})

test('https to a port without TLS is a ConfigError at stage tls', async () => {
  const result = await probe({ endpoint: `https://127.0.0.1:${endpoint.port}/api` })
  assert.deepEqual([result.verdict, failedStage(result)], ['CONFIG_ERROR', 'tls'])
  assert.match(result.message ?? '', /not with TLS/)
})

test('another web server, and a proxy that cannot get through, are not taken for MaxCompute', async (t) => {
  let status = 200
  const server = createServer((_request, response) => {
    response.writeHead(status, { server: 'nginx' }).end('<html></html>')
  })
  const port = await listening(server)
  t.after(() => server.close())
  const other = await probe({ endpoint: `http://127.0.0.1:${port}/api` })
  assert.deepEqual([other.verdict, failedStage(other)], ['CONFIG_ERROR', 'endpoint'])
  assert.match(other.message ?? '', /nginx answers .* HTTP 200, and not as MaxCompute/)
  status = 502
  const proxy = await probe({ endpoint: `http://127.0.0.1:${port}/api` })
  assert.deepEqual([proxy.verdict, failedStage(proxy)], ['UNREACHABLE', 'endpoint'])
})

test('a service that takes connections and says nothing is given up in time', async (t) => {
  const server = createTcpServer(() => {})
  const port = await listening(server)
  t.after(() => server.close())
  const maxcompute = {
    endpoint: `http://127.0.0.1:${port}/api`,
    tunnelEndpoint: '',
    project: PROJECT,
    schema: '',
    region: '',
    accessId,
    accessKey,
    securityToken: '',
    tunnelQuota: '',
  }
  const spec = {
    datasource: 'mc',
    maxcompute,
    topic: '',
    table: '',
    partitionSpec: [],
    timeoutMs: 300,
  }
  const result = await runProbe(spec, { signal })
  assert.deepEqual([result.verdict, failedStage(result)], ['UNREACHABLE', 'endpoint'])
})

test('a data source of an unknown kind is Unsupported', async () => {
  const spec = { datasource: 'x', topic: '', table: '', partitionSpec: [], timeoutMs: 0 }
  assert.equal((await runProbe(spec, { signal })).verdict, 'UNSUPPORTED')
})

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
