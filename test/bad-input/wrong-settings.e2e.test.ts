/** What a user gets wrong in a job or a data source is named before anything is written. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createTopic, produceAll } from '../../dev/local-system/topic.ts'
import { BadInputWorld, errorOf } from './bad-input-world.ts'

const TOPIC = 'orders'
const ROWS_BEFORE = 1

describe('wrong settings', () => {
  let world: BadInputWorld
  let table: string
  before(async () => {
    world = await BadInputWorld.start()
    await createTopic(world.bootstrap, TOPIC, { topicPartitions: 1 })
    await produceAll(world.bootstrap, TOPIC, [[{ value: Buffer.from('one') }]])
    table = await world.newTable('v STRING')
    await world.run(await world.newJob({ topic: TOPIC, table }))
    assert.equal(await world.rows(table), ROWS_BEFORE)
  })
  after(() => world?.stop())

  it('a job file with five mistakes gets five messages with their places, and is not stored', async () => {
    const text = `{
  "type": "job",
  "version": "2.0",
  "steps": [
    { "stepType": "kafka", "name": "Reader", "category": "reader", "parameter": {
      "datasource": "src", "topic": "no topic", "keyType": "STRNG", "valueType": "STRING",
      "beginOffset": "seekToBeginning", "endType": "latest",
      "column": ["__valeu__"] } },
    { "stepType": "odps", "name": "Writer", "category": "writer", "parameter": {
      "datasource": "dst", "emptyAsNul": true, "table": "t", "truncate": "maybe",
      "column": ["v"] } }
  ],
  "order": { "hops": [{ "from": "Reader", "to": "Writer" }] },
  "setting": { "errorLimit": { "record": 0 }, "speed": { "throttle": false, "concurrent": 1 } }
}
`
    const file = world.file('wrong.json', text)
    const { exitCode, stderr } = await world.cli('job', 'apply', file, '--name', 'wrong')
    assert.equal(exitCode, 1)
    const lines = stderr.split('\n').filter((line) => line.startsWith(`${file}:`))
    const places = lines.map((line) => line.slice(file.length + 1))
    const expected = [
      /^6:37 {2}\$\.steps\[0\]\.parameter\.topic .*"no topic"/,
      /^6:60 {2}\$\.steps\[0\]\.parameter\.keyType .*"STRNG".*Did you mean "string"/,
      /^8:18 {2}\$\.steps\[0\]\.parameter\.column\[0\] .*Did you mean "__value__"/,
      /^10:28 {2}\$\.steps\[1\]\.parameter\.emptyAsNul .*Did you mean "emptyAsNull"/,
      /^10:74 {2}\$\.steps\[1\]\.parameter\.truncate .*true or false/,
    ]
    assert.equal(places.length, expected.length, stderr)
    for (const [i, pattern] of expected.entries()) assert.match(places[i]!, pattern)
    await assert.rejects(world.system.client.showJob('wrong'), { code: 'JOB_NOT_FOUND' })
  })

  /** The first error of a run of the job, which opens no upload session and writes nothing. */
  async function firstError(job: string): Promise<string> {
    let message = ''
    const uploads = await world.uploadsAskedFor(async () => {
      const run = await world.run(job)
      assert.equal(run.state, 'failed')
      const log = await world.system.client.runLogs(run.runId, 0)
      const first = log.items.find((line) => line.level === 'error' || line.level === 'warn')
      const { code, message: text } = errorOf(run)
      message = `${code}: ${text}`
      assert.ok(first?.message.endsWith(message), `the first one was: ${first?.message}`)
    })
    assert.equal(uploads, 0, 'upload sessions')
    assert.equal(await world.rows(table), ROWS_BEFORE)
    return message
  }

  it('a wrong topic, table, column or partition is named', async () => {
    const partitioned = await world.newTable('v STRING', 'PARTITIONED BY (ds STRING)')
    const wrong: [Parameters<BadInputWorld['newJob']>[0], RegExp][] = [
      [{ topic: 'odrers', table }, /^TOPIC_NOT_FOUND: .*odrers/],
      [{ topic: TOPIC, table: 'nowhere' }, /^TABLE_NOT_FOUND: .*nowhere/],
      [
        { topic: TOPIC, table, columns: [['__value__', 'vv']] },
        /^COLUMN_NOT_FOUND: .*no column "vv".*Did you mean "v"/,
      ],
      [
        { topic: TOPIC, table, partition: 'ds=1' },
        /^PARTITION_SPEC_INVALID: .* is not partitioned/,
      ],
      [
        { topic: TOPIC, table: partitioned, partition: 'dt=1' },
        /^PARTITION_SPEC_INVALID: .*partitioned by ds.*dt, which is no key/,
      ],
    ]
    for (const [job, message] of wrong) {
      assert.match(await firstError(await world.newJob(job)), message)
    }
  })

  /** A data source like the right one, but for some properties. */
  async function maxComputeSource(wrong: object): Promise<string> {
    const { url, tunnelUrl, project, accessId, accessKey } = world.system.endpoint
    const right = { endpoint: url, tunnelServer: tunnelUrl, project, accessId, accessKey }
    const name = world.newName('dst')
    const properties = { ...right, ...wrong }
    await world.system.client.applyDatasource(name, { type: 'odps', properties })
    return name
  }

  it('a wrong access key, project or endpoint of MaxCompute is named, without the key', async () => {
    const key = 'not-the-key-at-all'
    const wrong: [object, RegExp][] = [
      [{ accessKey: key }, /^MAXCOMPUTE_AUTHENTICATION_FAILED: .*AccessKey/],
      [{ accessId: 'nobody' }, /^MAXCOMPUTE_AUTHENTICATION_FAILED: .*AccessKey/],
      [{ project: 'elsewhere' }, /^PROJECT_NOT_FOUND: .*elsewhere/],
    ]
    for (const [properties, message] of wrong) {
      const maxComputeDatasource = await maxComputeSource(properties)
      const job = await world.newJob({ topic: TOPIC, table, maxComputeDatasource })
      const error = await firstError(job)
      assert.match(error, message)
      assert.ok(!error.includes(key))
    }
  })

  it('a wrong Kafka password is named, without the password', async () => {
    const [host, port] = world.bootstrap.split(':')
    const kafkaDatasource = world.newName('src')
    await world.system.client.applyDatasource(kafkaDatasource, {
      type: 'kafka',
      properties: {
        address: [{ host, port: Number(port) }],
        securityProtocol: 'authTypeSaslPlaintext',
        saslMechanism: 'PLAIN',
        saslUsername: 'me',
        saslPassword: 'not-the-password',
      },
    })
    const error = await firstError(await world.newJob({ topic: TOPIC, table, kafkaDatasource }))
    assert.match(error, /^KAFKA_AUTHENTICATION_FAILED: /)
    assert.ok(!error.includes('not-the-password'))
  })

  it('brokers or an endpoint that no agent reaches are named while the run waits, until it is killed', async () => {
    const kafkaDatasource = world.newName('src')
    const address = [{ host: '127.0.0.1', port: 1 }]
    const properties = { address, securityProtocol: 'authTypeNone' }
    await world.system.client.applyDatasource(kafkaDatasource, { type: 'kafka', properties })
    const endpoint = 'http://no-such-host.invalid/api'
    const maxComputeDatasource = await maxComputeSource({ endpoint })
    const wrong: [object, RegExp][] = [
      [{ kafkaDatasource }, /data source src\S* \(Unreachable\): .*127\.0\.0\.1:1/],
      [{ maxComputeDatasource }, /data source dst\S* \(Unreachable\): .*no-such-host\.invalid/],
    ]
    for (const [sources, said] of wrong) {
      const job = await world.newJob({ topic: TOPIC, table, ...sources })
      const uploads = await world.uploadsAskedFor(async () => {
        const runId = await world.start(job)
        const { state } = await world.until(runId, (run) => said.test(run.waitingFor ?? ''))
        assert.equal(state, 'planning')
        await world.system.client.killRun(runId)
        assert.equal((await world.end(runId)).state, 'killed')
      })
      assert.equal(uploads, 0)
    }
  })
})
