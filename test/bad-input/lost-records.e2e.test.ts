/**
 * Records that cannot be taken: dirty ones, too large ones, and those that Kafka itself has lost. Every run
 * ends in a state and a message that a person can act on, with all of its rows in the table or none.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { RecordInput } from '../../agent/kafka/record-batch-writer.ts'
import { runKafkaTool } from '../../dev/kafka/tool.ts'
import { createTopic, produceAll, topicRanges } from '../../dev/local-system/topic.ts'
import { BadInputWorld, errorOf } from './bad-input-world.ts'

const LARGE_BYTES = 20_000_000

const values = (...texts: readonly string[]): RecordInput[] =>
  texts.map((text) => ({ value: Buffer.from(text) }))
const numbered = (count: number): RecordInput[] =>
  values(...Array.from({ length: count }, (_, i) => `value ${i}`))

describe('lost records', () => {
  let world: BadInputWorld
  before(async () => {
    world = await BadInputWorld.start()
  })
  after(() => world?.stop())

  /** One topic partition. @returns its name */
  async function newTopic(records: readonly RecordInput[], batchBytes?: number): Promise<string> {
    const topic = world.newName('topic')
    await createTopic(world.bootstrap, topic, { topicPartitions: 1 })
    await produceAll(
      world.bootstrap,
      topic,
      [records],
      batchBytes === undefined ? {} : { batchBytes },
    )
    return topic
  }

  /** Takes all records below the offset, as retention does. */
  async function deleteBefore(topic: string, offset: number): Promise<void> {
    const partitions = [{ topic, partition: 0, offset }]
    const file = world.file(`${topic}.json`, JSON.stringify({ version: 1, partitions }))
    const args = ['--bootstrap-server', world.bootstrap, '--offset-json-file', file]
    const tool = 'org.apache.kafka.tools.DeleteRecordsCommand'
    const { exitCode, stdout, stderr } = await runKafkaTool(tool, args, { heapMb: 128 })
    assert.equal(exitCode, 0, stdout + stderr)
    assert.equal((await topicRanges(world.bootstrap, topic)).get(0)?.begin, offset)
  }

  it('dirty records within the limit are left out and shown, each with its place and its value', async () => {
    const topic = await newTopic(values('1', 'two', '3', ''))
    const table = await world.newTable('n BIGINT')
    const columns = [['__value__', 'n']] as const
    const run = await world.run(await world.newJob({ topic, table, columns, errorLimit: 2 }))
    assert.deepEqual([run.state, run.rows, run.dirtyRecords], ['succeeded', 2, 2])
    assert.equal(await world.rows(table), 2)
    const { stdout } = await world.cli('run', 'dirty', String(run.runId))
    assert.match(stdout, new RegExp(`${topic} +0 +1 +n +[^\\n]*number[^\\n]* two *\\n`))
    assert.match(stdout, new RegExp(`${topic} +0 +3 +n `))
  })

  it('dirty records beyond the limit fail the run and are shown too', async () => {
    const topic = await newTopic(values('1', 'two', '3', 'four'))
    const table = await world.newTable('n BIGINT')
    const columns = [['__value__', 'n']] as const
    const run = await world.run(await world.newJob({ topic, table, columns, errorLimit: 1 }))
    assert.equal(run.state, 'failed')
    const { code, message, where } = errorOf(run)
    assert.equal(code, 'DIRTY_LIMIT_EXCEEDED')
    assert.match(message, /2 dirty records.* allows 1.*offset 1 .*column n.*sluice run dirty/)
    assert.deepEqual([where['topic'], where['topicPartition'], where['offset']], [topic, '0', '1'])
    assert.equal(await world.rows(table), 0)
    const { items } = await world.system.client.runDirty(run.runId)
    const shown = items.map((one) => [one.offset, one.column, one.rawBase64])
    const raw = (text: string): string => Buffer.from(text).toString('base64')
    assert.deepEqual(shown, [
      [1, 'n', raw('two')],
      [3, 'n', raw('four')],
    ])
  })

  it('dirty records that only all slices together have too many of are all shown', async () => {
    const padding = 'x'.repeat(1_000)
    const records = Array.from({ length: 3_000 }, (_, i) => {
      const n = i === 0 || i === 2_999 ? 'none' : i
      return { value: Buffer.from(JSON.stringify({ n, padding })) }
    })
    const topic = await newTopic(records)
    const table = await world.newTable('n BIGINT')
    const columns = [['n', 'n']] as const
    const wish = { topic, table, columns, errorLimit: 1, concurrent: 2 }
    const run = await world.run(await world.newJob(wish))
    assert.deepEqual([run.state, run.slicesTotal], ['failed', 2])
    const { code, message } = errorOf(run)
    assert.equal(code, 'DIRTY_LIMIT_EXCEEDED')
    assert.match(message, /^2 dirty records.* allows 1; .*sluice run dirty.*Nothing was written/)
    assert.equal(await world.rows(table), 0)
    const { items } = await world.system.client.runDirty(run.runId)
    const offsets = items.map((one) => one.offset).toSorted((a, b) => a - b)
    assert.deepEqual(offsets, [0, 2_999])
  })

  it('a value of 20 MB is dirty, or becomes what overLengthRule says', async () => {
    const topic = await newTopic([{ value: Buffer.alloc(LARGE_BYTES, 'x') }, ...values('small')])
    const table = await world.newTable('v STRING')
    const refused = await world.run(await world.newJob({ topic, table }))
    assert.equal(refused.state, 'failed')
    const { code, message } = errorOf(refused)
    assert.equal(code, 'DIRTY_LIMIT_EXCEEDED')
    assert.match(message, /offset 0 .*column v.*20000000 bytes.*8388608.*overLengthRule/)
    assert.equal(await world.rows(table), 0)
    const { items } = await world.system.client.runDirty(refused.runId)
    assert.deepEqual(
      items.map((one) => [one.topic, one.topicPartition, one.offset, one.column, one.rawCut]),
      [[topic, 0, 0, 'v', true]],
    )

    for (const [overLengthRule, length] of [
      ['setNull', null],
      ['truncate', '8388608'],
    ] as const) {
      const other = await world.newTable('v STRING')
      const job = await world.newJob({ topic, table: other, writer: { overLengthRule } })
      assert.equal((await world.run(job)).state, 'succeeded')
      assert.deepEqual(await world.lengths(other), [length, '5'])
    }
  })

  it('a stored batch whose bytes have changed is named, and nothing is written', async () => {
    // Batches of two records each.
    const topic = await newTopic(numbered(40), 16)
    const table = await world.newTable('v STRING')
    const { process } = world.system.kafka
    assert.ok(process)
    await process.stop()
    const segment = join(
      world.system.stateDir,
      'kafka',
      'log',
      `${topic}-0`,
      `${'0'.repeat(20)}.log`,
    )
    const bytes = readFileSync(segment)
    const at = bytes.indexOf('value 27')
    assert.ok(at > 0)
    bytes[at] = bytes[at]! ^ 0xff
    writeFileSync(segment, bytes)
    process.start()
    await process.ready()
    const run = await world.run(await world.newJob({ topic, table }))
    assert.equal(run.state, 'failed')
    const { code, message, where } = errorOf(run)
    assert.equal(code, 'CORRUPT_BATCH')
    assert.match(message, /CRC32C/)
    assert.deepEqual([where['topic'], where['topicPartition'], where['offset']], [topic, '0', '26'])
    assert.equal(await world.rows(table), 0)
  })

  it('a topic that is made again after the plan is named, though it has as many records', async () => {
    const topic = await newTopic(numbered(100))
    const table = await world.newTable('v STRING')
    const run = await world.runWithChange(await world.newJob({ topic, table }), async () => {
      await createTopic(world.bootstrap, topic, { topicPartitions: 1, replace: true })
      await produceAll(world.bootstrap, topic, [numbered(100)])
    })
    assert.equal(run.state, 'failed')
    const { code, message } = errorOf(run)
    assert.equal(code, 'TOPIC_RECREATED')
    assert.match(message, new RegExp(topic))
    assert.equal(await world.rows(table), 0)
  })

  it('offsets that retention takes after the plan are named, with how many they are', async () => {
    const topic = await newTopic(numbered(100))
    const table = await world.newTable('v STRING')
    const job = await world.newJob({ topic, table })
    const run = await world.runWithChange(job, () => deleteBefore(topic, 30))
    assert.equal(run.state, 'failed')
    const { code, message, where } = errorOf(run)
    assert.equal(code, 'OFFSET_OUT_OF_RANGE')
    assert.match(message, /log begins at offset 30 now .*took 30 offsets that the run must read/)
    assert.deepEqual([where['topic'], where['topicPartition'], where['offset']], [topic, '0', '0'])
    assert.equal(await world.rows(table), 0)
  })

  it('a ledger that retention has overtaken is named, and earlier rows stay', async () => {
    const topic = await newTopic(numbered(10))
    const table = await world.newTable('v STRING')
    const reader = { beginType: 'ledger', endType: 'latest' }
    const job = await world.newJob({ topic, table, reader })
    assert.equal((await world.run(job)).state, 'succeeded')
    await produceAll(world.bootstrap, topic, [numbered(10)])
    await deleteBefore(topic, 15)
    const run = await world.run(job)
    assert.equal(run.state, 'failed')
    const { code, message } = errorOf(run)
    assert.equal(code, 'OFFSET_OUT_OF_RANGE')
    assert.match(message, /offset 10 of the job's ledger is gone.*offsets 10 to 14.*starts at 15/)
    assert.match(message, /autoOffsetReset/)
    assert.equal(await world.rows(table), 10)
  })
})
