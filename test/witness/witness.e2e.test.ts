/**
 * Witnesses from outside: kcat and Kafka's own tools say what the topic holds, PyODPS says what the table
 * holds. None of them shares code with Sluice, and what they say must be the same, byte for byte.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { registerDataSources } from '../../dev/local-system/data-sources.ts'
import { jobJson } from '../../dev/local-system/job-json.ts'
import { applyJob, startRun, waitForRun } from '../../dev/local-system/runs.ts'
import { runSql } from '../../dev/local-system/sql.ts'
import { startLocalSystem, type LocalSystem } from '../../dev/local-system/start-local-system.ts'
import { createTopic, produceAll } from '../../dev/local-system/topic.ts'
import { arrowSupports } from '../../maxcompute/tunnel/arrow-encoder.ts'
import { parseType } from '../../maxcompute/types.ts'
import { pyodpsPython } from '../pyodps/venv.ts'
import { endOffsets, groupOffsets } from './kafka-tools.ts'
import { kcatMissing, readWithKcat } from './kcat.ts'
import { readWithPyodps } from './pyodps-table.ts'
import { largestRecords, witnessRecords } from './values.ts'
import { inOrder, type WitnessedRecord } from './witnessed-record.ts'

const SOURCES = { kafka: 'src', maxCompute: 'dst' }
const TOPIC = 'witnessed'
const GROUP_ID = 'witness-group'
const COLUMNS: readonly (readonly [string, string])[] = [
  ['__key__', 'k_string'],
  ['__value__', 'v_string'],
  ['__key__', 'k_binary'],
  ['__value__', 'v_binary'],
  ['__headers__', 'h'],
  ['__partition__', 'kafka_partition'],
  ['__offset__', 'kafka_offset'],
]
const TABLE_COLUMNS =
  'k_string STRING, v_string STRING, k_binary BINARY, v_binary BINARY, h STRING, kafka_partition BIGINT, kafka_offset BIGINT'

const missing = kcatMissing()

describe('outside witnesses', { skip: missing ?? false }, () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'sluice-witness-'))
  let system: LocalSystem
  /** As kcat says. */
  let inTopic: WitnessedRecord[]

  before(async () => {
    system = await startLocalSystem({ stateDir, agents: 1, kafkaBootstrap: null, fastStart: true })
    const { bootstrap } = system.kafka
    await createTopic(bootstrap, TOPIC, { topicPartitions: 2 })
    await produceAll(bootstrap, TOPIC, [
      [...witnessRecords(), ...largestRecords()],
      witnessRecords().toReversed(),
    ])
    await registerDataSources(system, SOURCES)
    inTopic = inOrder(await readWithKcat(bootstrap, TOPIC))
    assert.equal(inTopic.length, 2 * witnessRecords().length + largestRecords().length)
  })
  after(async () => {
    await system?.stop()
    rmSync(stateDir, { recursive: true, force: true })
  })

  async function runToEnd(job: string): Promise<number> {
    const runId = await startRun(system.client, job)
    const { state, error } = await waitForRun(system.client, runId)
    assert.equal(state, 'succeeded', JSON.stringify(error))
    return runId
  }

  // Arrow does not carry arrays: a table that has one is written by records.
  for (const [block, more] of [
    ['Arrow', ''],
    ['record', ', never_written ARRAY<BIGINT>'],
  ] as const) {
    for (const type of ['STRING', 'BYTEARRAY'] as const) {
      it(`${block} blocks of keys and values of type ${type} hold what kcat prints`, async (t) => {
        const environment = await pyodpsPython()
        if ('missing' in environment) return t.skip(environment.missing)
        const { client, group, endpoint } = system
        const table = `witness_${block}_${type}`.toLowerCase()
        const sql = `CREATE TABLE ${table} (${TABLE_COLUMNS}${more});`
        await runSql({ client, group, datasource: SOURCES.maxCompute }, sql)
        const job = jobJson({
          kafkaDatasource: SOURCES.kafka,
          topic: TOPIC,
          maxComputeDatasource: SOURCES.maxCompute,
          table,
          columns: COLUMNS,
          truncate: false,
          concurrent: 2,
          reader: {
            keyType: type,
            valueType: type,
            beginOffset: 'seekToBeginning',
            endType: 'latest',
          },
        })
        await applyJob(client, table, job, group)
        const { session } = await client.showRun(await runToEnd(table))
        assert.equal(takesArrow(session), block === 'Arrow')
        const inTable = await readWithPyodps(environment.python, endpoint, table)
        assertSame(inOrder(inTable.asString), inTopic, 'STRING')
        assertSame(inOrder(inTable.asBinary), inTopic, 'BINARY')
      })
    }
  }

  it('Kafka’s own tools find the group where the log ends, and there the next run begins', async () => {
    const { client, group, kafka } = system
    const table = 'witness_ledger'
    const sql = `CREATE TABLE ${table} (kafka_partition BIGINT, kafka_offset BIGINT);`
    await runSql({ client, group, datasource: SOURCES.maxCompute }, sql)
    const job = jobJson({
      kafkaDatasource: SOURCES.kafka,
      topic: TOPIC,
      maxComputeDatasource: SOURCES.maxCompute,
      table,
      columns: COLUMNS.slice(-2),
      truncate: false,
      concurrent: 2,
      reader: { beginType: 'ledger', endType: 'latest', groupId: GROUP_ID },
    })
    await applyJob(client, table, job, group)
    await runToEnd(table)
    const second = await client.showRun(await runToEnd(table))
    const begins = rangesOf(second.plan).map(
      (one) => [one.topicPartition, one.startOffset] as const,
    )
    const count = witnessRecords().length
    const expected = new Map([
      [0, count + largestRecords().length],
      [1, count],
    ])
    assert.deepEqual(new Map(begins), expected)
    assert.deepEqual(await endOffsets(kafka.bootstrap, TOPIC), expected)
    assert.deepEqual(await groupOffsets(kafka.bootstrap, GROUP_ID, TOPIC), expected)
  })
})

/** Arrow is what a run takes when the columns of its session allow it. */
function takesArrow(session: unknown): boolean {
  const { columns } = session as {
    readonly columns: readonly { readonly name: string; readonly type: string }[]
  }
  return arrowSupports(
    columns.map(({ name, type }) => {
      return { name, type: parseType(type), nullable: true, comment: '' }
    }),
  )
}

interface PlannedRange {
  readonly topicPartition: number
  readonly startOffset: number
}

function rangesOf(plan: unknown): readonly PlannedRange[] {
  return (plan as { readonly plan: { readonly ranges: readonly PlannedRange[] } }).plan.ranges
}

/** Like deepEqual, but says in words where megabytes differ. */
function assertSame(
  table: readonly WitnessedRecord[],
  topic: readonly WitnessedRecord[],
  columns: string,
): void {
  const place = (one: WitnessedRecord): string => `${one.topicPartition}@${one.offset}`
  assert.deepEqual(table.map(place), topic.map(place))
  for (const [i, wanted] of topic.entries()) {
    const found = table[i]!
    const where = `${columns} columns of ${place(wanted)}`
    assert.equal(found.headers, wanted.headers, where)
    assert.ok(sameBytes(found.key, wanted.key), `key: ${shown(found.key)}, ${where}`)
    assert.ok(sameBytes(found.value, wanted.value), `value: ${shown(found.value)}, ${where}`)
  }
}

function sameBytes(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b)
}

function shown(bytes: Buffer | null): string {
  return bytes === null ? 'null' : `${bytes.length} bytes, ${bytes.toString('hex', 0, 32)}`
}
