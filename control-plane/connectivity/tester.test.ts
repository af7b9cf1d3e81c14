import assert from 'node:assert/strict'
import { test } from 'node:test'

import { pino } from 'pino'

import type { TestSpecInput } from '../../proto/gen/sluice/agent/v1/TestSpec.ts'
import type { Database } from '../store/database.ts'
import { Matrix } from './matrix.ts'
import { NO_TARGET, Tester, type TesterDeps } from './tester.ts'

type KafkaSource = NonNullable<Awaited<ReturnType<TesterDeps['sources']['kafkaSource']>>>

/** One Kafka data source called k, whose address a test changes. */
function underTest() {
  const matrix = new Matrix()
  const stored = { host: 'old', reads: 0 }
  const addresses: (readonly string[] | undefined)[] = []
  const tester = new Tester({
    db: { query: async () => [] } as unknown as Database,
    sources: {
      kafkaSource: async () => {
        stored.reads += 1
        const bootstrapServers = [{ host: stored.host, port: 9092 }]
        return { bootstrapServers, tls: null, sasl: null } as unknown as KafkaSource
      },
      kafkaSecrets: async () => ({}) as never,
      maxComputeSource: async () => null,
      maxComputeSecrets: async () => ({}) as never,
    },
    matrix,
    ask: async (_agentId, question) => {
      const { test: spec } = question as { readonly test: TestSpecInput }
      addresses.push(spec.kafka?.bootstrapServers)
      return { kind: 'failed', isUnknownKind: true, message: '' } as never
    },
    nowMs: () => 0,
    log: pino({ level: 'silent' }),
  })
  const run = (): Promise<unknown> => tester.test('a', 'k', NO_TARGET, 'run')
  return { matrix, stored, addresses, tester, run }
}

test('a data source is read once a version', async () => {
  const { matrix, stored, addresses, run } = underTest()
  matrix.setSource('k', { id: 1, version: 1 })
  await run()
  await run()
  assert.equal(stored.reads, 1)
  stored.host = 'new'
  matrix.setSource('k', { id: 1, version: 2 })
  await run()
  assert.deepEqual(addresses, [['old:9092'], ['old:9092'], ['new:9092']])
})

test('a data source that was deleted and made anew, with version 1 again, is read anew', async () => {
  const { matrix, stored, addresses, run } = underTest()
  matrix.setSource('k', { id: 1, version: 1 })
  await run()
  stored.host = 'new'
  matrix.setSource('k', { id: 2, version: 1 })
  await run()
  assert.deepEqual(addresses, [['old:9092'], ['new:9092']])
})

test('of a data source that was deleted nothing is kept', async () => {
  const { matrix, stored, tester, run } = underTest()
  matrix.setSource('k', { id: 1, version: 1 })
  await run()
  tester.forget('k')
  await run()
  assert.equal(stored.reads, 2)
})
