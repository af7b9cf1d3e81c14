import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Cluster } from '../../agent/kafka/cluster.ts'
import { startKafka, type RunningKafka } from './start.ts'

/** A Kafka for tests: the one of KAFKA_BOOTSTRAP, or one started for this process. */
export interface TestKafka {
  readonly bootstrap: string
  /** null when KAFKA_BOOTSTRAP names somebody else's: it cannot be restarted. */
  readonly process: RunningKafka | null
}

let shared: Promise<TestKafka> | null = null

/**
 * Starts at most one broker a process; call it from every test file. It dies with the process, and its
 * data go with it. Throws an Error that says what to install when there is no Java or Maven.
 */
export function sharedKafka(): Promise<TestKafka> {
  shared ??= begin()
  return shared
}

async function begin(): Promise<TestKafka> {
  const external = process.env['KAFKA_BOOTSTRAP']
  if (external !== undefined && external !== '') return { bootstrap: external, process: null }
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-kafka-'))
  const broker = await startKafka({ dataDir, fastStart: true })
  process.once('exit', () => {
    // First the writer, then what it writes.
    broker.killNow()
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 })
  })
  return { bootstrap: broker.bootstrap, process: broker }
}

let topics = 0

/** A new topic with a name of its own. */
export async function freshTopic(
  cluster: Cluster,
  topicPartitions = 1,
  config: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = `test-${process.pid}-${Date.now().toString(36)}-${topics++}`
  await cluster.createTopic({ topic, topicPartitions, replicationFactor: 1, config })
  return topic
}
