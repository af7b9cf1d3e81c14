/** Rows that the suites need before they come to their point. Names are new ones at each call. */
import { randomUUID } from 'node:crypto'

import { insertAgent } from '../agents/insert-agent.ts'
import { recordHellos } from '../agents/record-hellos.ts'
import type { AgentHello } from '../agents/record-hellos.ts'
import type { Database } from '../database.ts'
import { applyJob } from '../jobs/apply-job.ts'
import type { JobInput } from '../jobs/apply-job.ts'
import { insertGroup } from '../resource-groups/insert-group.ts'
import { insertRun } from '../runs/insert-run.ts'
import { saveRun } from '../runs/save-run.ts'
import type { RunChange } from '../runs/save-run.ts'

let lastNumber = 0
/** Processes that come one after the other on one store do not take each other's names. */
const processTag = randomUUID().slice(0, 8)

export function newName(kind: string): string {
  lastNumber += 1
  return `${kind}-${processTag}-${lastNumber}`
}

export async function addGroup(db: Database): Promise<{ id: number; name: string }> {
  const name = newName('group')
  return { id: await insertGroup(db, { name, description: '', createdAtMs: 1_000 }), name }
}

export async function addAgent(
  db: Database,
  groupId: number,
): Promise<{ id: string; name: string }> {
  const agent = { id: randomUUID(), name: newName('agent') }
  await insertAgent(db, {
    ...agent,
    groupId,
    publicKeyHash: agent.id,
    facts: {},
    createdAtMs: 1_000,
  })
  return agent
}

/** The session that one agent starts; null: it may not. */
export async function sayHello(
  db: Database,
  hello: AgentHello,
): Promise<{ readonly sessionEpoch: number } | null> {
  const [row] = await recordHellos(db, [hello])
  return row ?? null
}

export function jobInput(name: string, over: Partial<JobInput> = {}): JobInput {
  return {
    name,
    groupName: null,
    datasourceNames: [],
    textDigest: 'digest-1',
    sealText: (version) => Uint8Array.of(0, 255, version),
    redacted: '{}',
    nowMs: 1_000,
    ...over,
  }
}

export async function addJob(
  db: Database,
  over: Partial<JobInput> = {},
): Promise<{ id: number; name: string }> {
  const name = newName('job')
  const { jobId } = await applyJob(db, jobInput(name, over))
  return { id: jobId, name }
}

export function addRun(
  db: Database,
  jobId: number,
  groupId: number,
  createdAtMs = 2_000,
): Promise<number> {
  const params = { ds: '$[yyyymmdd]' }
  const sources = { reader: { brokers: ['k:9092'] } }
  return insertRun(db, {
    jobId,
    jobVersion: 1,
    groupId,
    params,
    cycTimeMs: 500,
    sources,
    createdAtMs,
    priority: 3,
    owner: 'ops',
  })
}

/** A whole RunChange of a run that nothing has happened to yet. */
export function runChange(id: number, over: Partial<RunChange>): RunChange {
  return {
    id,
    state: 'waiting',
    phase: '',
    step: '',
    stepAttempt: 0,
    stepAgentId: null,
    stepAccepted: false,
    stepRetries: 0,
    stepRetryAtMs: 0,
    committingSinceMs: null,
    sessionsOpened: 0,
    uploadId: null,
    plan: null,
    session: null,
    rows: 0,
    bytesRead: 0,
    dirtyRecords: 0,
    error: null,
    evidence: null,
    startedAtMs: null,
    finishedAtMs: null,
    ...over,
  }
}

export function endRun(db: Database, id: number): Promise<void> {
  return saveRun(db, runChange(id, { state: 'succeeded', finishedAtMs: 3_000 }))
}
