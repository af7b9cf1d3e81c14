/** A group with an agent, data sources, a job and a run in a test's store. */
import { randomUUID } from 'node:crypto'

import { insertAgent } from '../store/agents/insert-agent.ts'
import type { Database } from '../store/database.ts'
import { findJob } from '../store/jobs/find-job.ts'
import { insertGroup } from '../store/resource-groups/insert-group.ts'
import { insertRun } from '../store/runs/insert-run.ts'
import { TEST_NOW_MS } from './test-server.ts'

export function jobText(change: { topic?: string; partition?: string } = {}): string {
  const reader = {
    datasource: 'kafka_shop',
    topic: change.topic ?? 'orders',
    keyType: 'STRING',
    valueType: 'STRING',
    beginType: 'ledger',
    column: ['__key__', '__value__'],
  }
  const writer = {
    datasource: 'odps_dw',
    table: 'ods_orders',
    partition: change.partition ?? 'ds=20261122',
    truncate: false,
    column: ['msg_key', 'msg_body'],
  }
  const job = {
    type: 'job',
    version: '2.0',
    steps: [
      { stepType: 'kafka', name: 'Reader', category: 'reader', parameter: reader },
      { stepType: 'odps', name: 'Writer', category: 'writer', parameter: writer },
    ],
    order: { hops: [{ from: 'Reader', to: 'Writer' }] },
    setting: { errorLimit: { record: '0' }, speed: { throttle: false, concurrent: 2 } },
  }
  return JSON.stringify(job, null, 2)
}

export const KAFKA_SOURCE = {
  type: 'kafka',
  properties: {
    address: '10.0.0.11:9092',
    securityProtocol: 'authTypeSaslPlaintext',
    saslMechanism: 'plain',
    saslUsername: 'shop',
    saslPassword: 'kafka-password-4711',
  },
}

export const ODPS_SOURCE = {
  type: 'odps',
  description: 'the warehouse',
  properties: {
    project: 'dw',
    endpoint: 'http://127.0.0.1:8730/api',
    accessId: 'id-1',
    accessKey: 'odps-key-4712',
  },
}

/** @returns the agent's id */
export async function addAgent(db: Database, group: string, name: string): Promise<string> {
  const groupId = await insertGroup(db, {
    name: group,
    description: '',
    createdAtMs: TEST_NOW_MS,
  })
  const id = randomUUID()
  const facts = { hostname: 'host-1', ips: ['10.0.0.1'], os: 'Debian 12', arch: 'x64', cpuCount: 4 }
  const agent = { id, name, groupId, publicKeyHash: randomUUID(), facts, createdAtMs: TEST_NOW_MS }
  await insertAgent(db, agent)
  return id
}

/** A waiting run of a job that was applied before. @returns its number */
export async function addRun(db: Database, job: string, group: string): Promise<number> {
  const found = await findJob(db, job, null)
  if (found === null) throw new Error(`there is no job ${job}`)
  const [row] = await db.query<{ id: number }>('SELECT id FROM resource_groups WHERE name = $1', [
    group,
  ])
  return insertRun(db, {
    jobId: found.id,
    jobVersion: found.version,
    groupId: row!.id,
    params: { ds: '20261122' },
    cycTimeMs: TEST_NOW_MS,
    sources: null,
    createdAtMs: TEST_NOW_MS,
    priority: 1,
    owner: 'test',
  })
}
