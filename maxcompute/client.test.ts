import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { MaxComputeClient } from './client.ts'
import { KEYS, type Reply, startFake } from './fake-service.test-support.ts'
import { parsePartitionSpec, restForm } from './partition-spec.ts'

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

function xmlError(status: number, code: string, message: string): Reply {
  return {
    status,
    body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message><![CDATA[${message}]]></Message><RequestId>R9</RequestId></Error>`,
  }
}

describe('credentials', () => {
  test('a region signs by version 4 and falls back to version 1 for good where the service asks for it', async () => {
    await using fake = await startFake(
      () => ({
        body: '<Project><Name>p</Name></Project>',
        headers: { 'x-odps-owner': 'ALIYUN$me' },
      }),
      { region: 'cn-shanghai' },
    )
    assert.equal((await fake.client.getProject()).owner, 'ALIYUN$me')
    await fake.client.getProject()
    const versions = fake.calls.map(({ headers }) =>
      headers.authorization?.includes('aliyun_v4_request') ? 4 : 1,
    )
    assert.deepEqual(versions, [4, 1, 1])
  })

  test('a temporary pair is asked for before every request and sends its token', async () => {
    let asked = 0
    await using fake = await startFake(() => ({ body: '<Project/>' }), {
      credentials: () => ({ ...KEYS, securityToken: `token${++asked}` }),
    })
    await fake.client.getProject()
    await fake.client.getProject()
    const tokens = fake.calls.map(({ headers }) => headers['authorization-sts-token'])
    assert.deepEqual(tokens, ['token1', 'token2'])
  })

  test('a wrong secret is told as such and never shown', async () => {
    await using fake = await startFake(() => ({}), {
      credentials: { accessKeyId: 'id', accessKeySecret: 'wrongSecret' },
    })
    await assert.rejects(fake.client.getProject(), (error: Error) => {
      assert.match(error.message, /AuthorizationRequired.*check the AccessKey pair/)
      assert.doesNotMatch(error.message, /wrongSecret/)
      return true
    })
  })
})

describe('endpoints', () => {
  test('the tunnel is asked for once and gets the scheme of the REST endpoint', async () => {
    let host = ''
    await using fake = await startFake(({ path }) =>
      path.endsWith('/tunnel') ? { body: host } : { status: 404, body: '' },
    )
    host = new URL(fake.url).host
    const client = new MaxComputeClient({
      endpoint: `${fake.url}/api/`,
      project: 'p',
      credentials: KEYS,
      quotaName: 'q',
    })
    assert.equal(await client.getTunnelEndpoint(), fake.url)
    assert.equal(await client.getTunnelEndpoint(), fake.url)
    await assert.rejects(client.createUploadSession({ table: 't' }), { code: 'NoSuchObject' })
    client.close()
    assert.deepEqual(fake.seen(), ['GET service', 'POST uploads'])
    assert.equal(fake.calls[1]?.query['quotaName'], 'q')
  })

  test('what is no address is refused when the client is made', () => {
    assert.throws(
      () => new MaxComputeClient({ endpoint: 'service.example', project: 'p', credentials: KEYS }),
      { code: 'InvalidConfiguration' },
    )
  })

  test('a refused connection is told in words', async () => {
    const fake = await startFake(() => ({}))
    await fake[Symbol.asyncDispose]()
    await assert.rejects(fake.client.submitSql({ sql: 'select 1' }), {
      code: 'ConnectionRefused',
      reached: 'no',
      message: /nothing listens at the endpoint's port/,
    })
  })
})

const TABLE_JSON = {
  comment: 'c',
  lifecycle: 30,
  size: 12,
  recordNum: 3,
  createTime: 1_700_000_000,
  columns: [
    { name: 'id', type: 'BIGINT', isNullable: false, comment: 'key' },
    { name: 'd', type: 'decimal(10,2)' },
  ],
  partitionKeys: [{ name: 'pt', type: 'string' }],
  Reserved: JSON.stringify({ Transactional: 'true', PrimaryKey: ['id'], ClusterType: 'hash' }),
}

describe('tables', () => {
  test('a table comes with typed columns and what decides on how it may be written', async () => {
    await using fake = await startFake(() => ({
      body: `<?xml version="1.0"?><Table><Name>t</Name><Owner>me</Owner><Type>MANAGED_TABLE</Type><Schema format="Json"><![CDATA[${JSON.stringify(TABLE_JSON)}]]></Schema></Table>`,
    }))
    const table = await fake.client.getTable('t')
    assert.deepEqual(table, {
      name: 't',
      owner: 'me',
      comment: 'c',
      type: 'MANAGED_TABLE',
      transactional: true,
      primaryKey: ['id'],
      clusterType: 'hash',
      lifecycleDays: 30,
      sizeBytes: 12,
      recordCount: 3,
      createdAt: new Date(1_700_000_000_000),
      lastModifiedAt: null,
      columns: [
        { name: 'id', type: { kind: 'BIGINT' }, nullable: false, comment: 'key' },
        {
          name: 'd',
          type: { kind: 'DECIMAL', precision: 10, scale: 2 },
          nullable: true,
          comment: '',
        },
      ],
      partitionKeys: [{ name: 'pt', type: { kind: 'STRING' }, nullable: true, comment: '' }],
    })
    assert.deepEqual(fake.calls[0]?.query, { extended: '', curr_project: 'p' })
  })

  test('a missing table is told by the number in the message, too', async () => {
    await using fake = await startFake(() =>
      xmlError(404, 'NoSuchObject', 'ODPS-0130131:Table not found - table p.t cannot be resolved'),
    )
    await assert.rejects(fake.client.getTable('t'), { code: 'NoSuchTable', requestId: 'R9' })
  })

  test('in a project with schemas the schema is in path and query', async () => {
    await using fake = await startFake(() => ({ status: 404 }), { schema: 's' })
    await assert.rejects(fake.client.getTable('t'))
    assert.equal(fake.calls[0]?.path, '/projects/p/schemas/s/tables/t')
    assert.equal(fake.calls[0].query['curr_schema'], 's')
  })

  test('a listing follows its marker', async () => {
    await using fake = await startFake(({ query }) => ({
      body:
        query['marker'] === undefined
          ? '<Tables><Marker>m</Marker><MaxItems>1</MaxItems><Table><Name>a1</Name><Owner>o</Owner></Table></Tables>'
          : '<Tables><Marker/><Table><Name>a2</Name></Table><Table><Name>a3</Name></Table></Tables>',
    }))
    const tables = await collect(fake.client.listTables({ prefix: 'a' }))
    assert.deepEqual(
      tables.map(({ name }) => name),
      ['a1', 'a2', 'a3'],
    )
    assert.equal(fake.calls[1]?.query['marker'], 'm')
    assert.equal(fake.calls[1].query['name'], 'a')
  })

  test('a listing that does not move on is an error, not a loop', async () => {
    await using fake = await startFake(() => ({ body: '<Tables><Marker>m</Marker></Tables>' }))
    await assert.rejects(collect(fake.client.listTables()), /does not move on/)
  })
})

describe('partitions', () => {
  test('are listed with their specs and sizes', async () => {
    await using fake = await startFake(() => ({
      body: `<Partitions><Marker/><Partition><Column Name="pt" Value="a"/><Column Name="hh" Value="01"/><CreationTime>1700000000</CreationTime><PartitionSize>5</PartitionSize><PartitionRecordCount>2</PartitionRecordCount></Partition></Partitions>`,
    }))
    const [partition] = await collect(
      fake.client.listPartitions('t', { prefix: parsePartitionSpec('pt=a') }),
    )
    assert.ok(partition)
    assert.equal(restForm(partition.spec), "pt='a',hh='01'")
    assert.equal(partition.sizeBytes, 5)
    assert.equal(partition.recordCount, 2)
    assert.equal(fake.calls[0]?.query['partition'], "pt='a'")
  })

  test('exist, or not, and anything else is an error', async () => {
    const replies: Reply[] = [
      {
        body: '<Partition><Schema>{"createTime":1,"partitionSize":7,"partitionRecordNum":3}</Schema></Partition>',
      },
      xmlError(404, 'NoSuchPartition', 'ODPS-0110061'),
      xmlError(404, 'NoSuchObject', 'ODPS-0130131:Table not found - table p.t cannot be resolved'),
    ]
    await using fake = await startFake(() => replies.shift() ?? {})
    const spec = parsePartitionSpec('pt=a')
    assert.equal((await fake.client.getPartition('t', spec))?.recordCount, 3)
    assert.equal(await fake.client.partitionExists('t', spec), false)
    await assert.rejects(fake.client.partitionExists('t', spec), { code: 'NoSuchTable' })
  })
})

describe('SQL', () => {
  const status = (instance: string, task: string): Reply => ({
    body: `<Instance><Status>${instance}</Status><Tasks><Task Type="SQL"><Name>AnonymousSQLTask</Name><Status>${task}</Status></Task></Tasks></Instance>`,
  })
  const result = (format: string, text: string, descriptor = ''): Reply => ({
    body: `<Instance><Tasks><Task Type="SQL"><Name>AnonymousSQLTask</Name><Status>Success</Status><Result Transform="Base64" Format="${format}"><![CDATA[${Buffer.from(text).toString('base64')}]]></Result><ResultDescriptor>${descriptor}</ResultDescriptor></Task></Tasks></Instance>`,
  })
  const accepted: Reply = {
    status: 201,
    headers: { Location: 'http://h/api/projects/p/instances/I1' },
  }

  test('is submitted with its uuid and escaped text, waited for, and answered', async () => {
    const states = [status('Running', 'Running'), status('Terminated', 'Success')]
    await using fake = await startFake(({ method, query }) => {
      if (method === 'POST') return accepted
      return 'taskstatus' in query ? (states.shift() ?? {}) : result('text', 'OK')
    })
    const run = await fake.client.runSql({
      sql: "insert into t select 'a<b&c'",
      settings: { 'odps.sql.type.system.odps2': 'true' },
      uuid: 'UUID1',
    })
    assert.equal(run.instanceId, 'I1')
    assert.equal(run.result.text, 'OK')
    const xml = fake.calls[0]?.body?.toString() ?? ''
    assert.match(xml, /<Query>insert into t select &#39;a&#60;b&#38;c&#39;;<\/Query>/)
    assert.match(xml, /<Name>uuid<\/Name><Value>UUID1<\/Value>/)
    assert.match(xml, /&#34;odps.sql.type.system.odps2&#34;:&#34;true&#34;/)
    assert.deepEqual(fake.clock.slept, [200])
  })

  test('a failed task throws the message of its result', async () => {
    await using fake = await startFake(({ method, query }) => {
      if (method === 'POST') return accepted
      return 'taskstatus' in query
        ? status('Terminated', 'Failed')
        : result('text', 'ODPS-0130161:[1,1] Parse exception - invalid token')
    })
    await assert.rejects(fake.client.runSql({ sql: 'selec 1' }), {
      code: 'InstanceFailed',
      message: /Instance I1 failed: ODPS-0130161:\[1,1\] Parse exception/,
    })
  })

  test('a lost answer to the submission is resolved by the uuid, without submitting again', async () => {
    let looks = 0
    await using fake = await startFake(({ method, path, query }) => {
      if (method === 'POST') return 'drop'
      if ('source' in query) return { body: path.endsWith('I2') ? '<Job>UUID1</Job>' : '<Job/>' }
      const ids = ++looks === 1 ? ['I0'] : ['I0', 'I2', 'I1']
      return {
        body: `<Instances><Marker/>${ids.map((id) => `<Instance><Name>${id}</Name></Instance>`).join('')}</Instances>`,
      }
    })
    const instance = await fake.client.submitSql({ sql: 'insert into t select 1', uuid: 'UUID1' })
    assert.equal(instance.instanceId, 'I2')
    assert.equal(fake.calls.filter(({ method }) => method === 'POST').length, 1)
  })

  test('a submission that nobody can find is of unknown outcome and names its uuid', async () => {
    await using fake = await startFake(({ method }) =>
      method === 'POST' ? { status: 502 } : { body: '<Instances><Marker/></Instances>' },
    )
    await assert.rejects(fake.client.submitSql({ sql: 'insert into t select 1', uuid: 'UUID1' }), {
      code: 'InstanceOutcomeUnknown',
      retry: 'resolveByGet',
      message: /UUID1/,
    })
    assert.equal(fake.calls.filter(({ method }) => method === 'POST').length, 1)
  })

  test('without the instance tunnel a SELECT is read as CSV, with NULL and quotes', async () => {
    await using fake = await startFake(({ method }) =>
      method === 'POST'
        ? { status: 400, body: '{"Code":"InstanceTypeNotSupported","Message":"m"}' }
        : result(
            'csv',
            '"a","b"\n1,\\N\n"x ""y"", z","line\nbreak"\n',
            '{"SelectResultStatus":"TRUNCATED"}',
          ),
    )
    const opened = await fake.client.openInstanceResult('I1')
    assert.ok(opened.kind === 'rows')
    assert.equal(opened.source, 'csv')
    assert.equal(opened.truncated, true)
    assert.deepEqual(
      opened.columns.map(({ name }) => name),
      ['a', 'b'],
    )
    assert.deepEqual(await collect(opened.rows), [
      ['1', null],
      ['x "y", z', 'line\nbreak'],
    ])
  })

  test('an instance that still runs is no reason to read the CSV', async () => {
    await using fake = await startFake(() => ({
      status: 400,
      body: '{"Code":"InstanceNotTerminate","Message":"m"}',
    }))
    await assert.rejects(fake.client.openInstanceResult('I1'), { code: 'InstanceNotTerminate' })
  })

  test('waiting ends with its time, and the instance is not stopped', async () => {
    await using fake = await startFake(() => status('Running', 'Running'))
    await assert.rejects(fake.client.waitForInstance('I1', { timeoutMs: 10_000 }), {
      code: 'InstanceTimeout',
    })
    assert.ok(fake.calls.every(({ method }) => method === 'GET'))
  })
})
