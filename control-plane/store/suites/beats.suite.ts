import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import type { AgentSample } from '../agent-samples/agent-sample.ts'
import { deleteOldAgentSamples } from '../agent-samples/delete-old-agent-samples.ts'
import { insertAgentSamples } from '../agent-samples/insert-agent-samples.ts'
import { listAgentSamples } from '../agent-samples/list-agent-samples.ts'
import { deleteAgent } from '../agents/delete-agent.ts'
import { findAgent } from '../agents/find-agent.ts'
import { recordHeartbeats } from '../agents/record-heartbeats.ts'
import { revokeAgent } from '../agents/revoke-agent.ts'
import type { Database } from '../database.ts'
import { addAgent, addGroup, sayHello } from './rows.ts'

const MINUTE_MS = 60_000

function sampleOf(agentId: string, atMs: number, over: Partial<AgentSample> = {}): AgentSample {
  return {
    agentId,
    atMs,
    beats: 12,
    cpuPercent: 25,
    cpuPercentMax: 50,
    memoryUsedBytes: 3_000_000_000,
    memoryTotalBytes: 8_000_000_000,
    processRssBytes: 100_000_000,
    load1: 0.5,
    diskFreeBytes: 9_000_000_000_000,
    networkReceivedBytes: 2_000,
    networkSentBytes: 1_000,
    clockOffsetMs: -40,
    roundTripMsMax: 7,
    channels: 4,
    busyChannelsMax: 2,
    ...over,
  }
}

export function beatsSuite(db: () => Database): void {
  const session = async (agentId: string): Promise<number> => {
    const hello = await sayHello(db(), {
      agentId,
      facts: {},
      channels: 1,
      processId: 'p',
      state: 'online',
      leaseUntilMs: 1,
      generation: 0,
      generationOffered: 1,
    })
    return hello!.sessionEpoch
  }
  const beat = (agentId: string, sessionEpoch: number, cpuPercent: number) => ({
    agentId,
    sessionEpoch,
    state: 'suspect' as const,
    heartbeat: { cpuPercent },
    heartbeatAtMs: 30_000,
    leaseUntilMs: 50_000,
  })

  test('beats of many agents are one statement; those of older sessions are passed over', async () => {
    const group = await addGroup(db())
    const agents = await Promise.all([1, 2, 3].map(() => addAgent(db(), group.id)))
    const [first, stale, revoked] = agents.map(({ id }) => id) as [string, string, string]
    const firstEpoch = await session(first)
    const staleEpoch = await session(stale)
    await session(stale)
    await session(revoked)
    await revokeAgent(db(), revoked)
    const revokedEpoch = (await findAgent(db(), revoked))!.sessionEpoch
    const beats = [
      beat(first, firstEpoch, 1.5),
      beat(stale, staleEpoch, 2),
      beat(revoked, revokedEpoch, 3),
      beat(randomUUID(), 1, 4),
    ]
    assert.equal(await recordHeartbeats(db(), beats), 1)
    const row = (await findAgent(db(), first))!
    assert.deepEqual(
      [row.heartbeat, row.heartbeatAtMs, row.leaseUntilMs, row.state],
      [{ cpuPercent: 1.5 }, 30_000, 50_000, 'suspect'],
    )
    for (const id of [stale, revoked]) assert.equal((await findAgent(db(), id))?.heartbeat, null)
    assert.equal(await recordHeartbeats(db(), []), 0)
  })

  test('samples are listed by time, the newest of too many', async () => {
    const agent = await addAgent(db(), (await addGroup(db())).id)
    const samples = [3, 1, 2].map((minute) => sampleOf(agent.id, minute * MINUTE_MS))
    await insertAgentSamples(db(), samples)
    const list = (fromMs: number, toMs: number, limit = 10) =>
      listAgentSamples(db(), { agentId: agent.id, fromMs, toMs, limit })
    const all = await list(0, 10 * MINUTE_MS)
    assert.deepEqual(all, [
      sampleOf(agent.id, MINUTE_MS),
      sampleOf(agent.id, 2 * MINUTE_MS),
      sampleOf(agent.id, 3 * MINUTE_MS),
    ])
    assert.deepEqual(await list(2 * MINUTE_MS, 3 * MINUTE_MS), [all[1]])
    assert.deepEqual(await list(0, 10 * MINUTE_MS, 2), all.slice(1))
  })

  test('two parts of one minute become one sample', async () => {
    const agent = await addAgent(db(), (await addGroup(db())).id)
    await insertAgentSamples(db(), [sampleOf(agent.id, 0, { beats: 9, cpuPercent: 10 })])
    const second = { beats: 3, cpuPercent: 50, cpuPercentMax: 99, busyChannelsMax: 1 }
    await insertAgentSamples(db(), [sampleOf(agent.id, 0, second)])
    const window = { agentId: agent.id, fromMs: 0, toMs: 1, limit: 10 }
    const folded = { beats: 12, cpuPercent: 20, cpuPercentMax: 99, busyChannelsMax: 2 }
    assert.deepEqual(await listAgentSamples(db(), window), [sampleOf(agent.id, 0, folded)])
  })

  test('samples of an agent that was deleted are passed over, and its old ones are gone', async () => {
    const group = await addGroup(db())
    const gone = await addAgent(db(), group.id)
    const agent = await addAgent(db(), group.id)
    await insertAgentSamples(db(), [sampleOf(gone.id, 0)])
    await deleteAgent(db(), gone.id)
    await insertAgentSamples(db(), [sampleOf(gone.id, MINUTE_MS), sampleOf(agent.id, MINUTE_MS)])
    const window = { fromMs: 0, toMs: 9 * MINUTE_MS, limit: 10 }
    assert.deepEqual(await listAgentSamples(db(), { ...window, agentId: gone.id }), [])
    assert.equal((await listAgentSamples(db(), { ...window, agentId: agent.id })).length, 1)
  })

  test('old samples are deleted, newer ones stay', async () => {
    const agent = await addAgent(db(), (await addGroup(db())).id)
    await insertAgentSamples(db(), [sampleOf(agent.id, 1_000), sampleOf(agent.id, 2_000)])
    assert((await deleteOldAgentSamples(db(), 2_000)) >= 1)
    const window = { agentId: agent.id, fromMs: 0, toMs: 9_000, limit: 10 }
    assert.deepEqual(
      (await listAgentSamples(db(), window)).map(({ atMs }) => atMs),
      [2_000],
    )
    assert.equal(await deleteOldAgentSamples(db(), 2_000), 0)
  })
}
