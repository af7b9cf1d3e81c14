import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import { confirmGenerations } from '../agents/confirm-generations.ts'
import { findAgent } from '../agents/find-agent.ts'
import { findAgents } from '../agents/find-agents.ts'
import { insertAgents } from '../agents/insert-agents.ts'
import { knownKeys } from '../agents/known-keys.ts'
import { recordHellos } from '../agents/record-hellos.ts'
import { revokeAgent } from '../agents/revoke-agent.ts'
import { saveCertificates } from '../agents/save-certificates.ts'
import { setAgentStates } from '../agents/set-agent-states.ts'
import { StoreError } from '../database.ts'
import type { Database } from '../database.ts'
import { burnEnrolTokens } from '../enrol-tokens/burn-enrol-tokens.ts'
import { findEnrolToken } from '../enrol-tokens/find-enrol-token.ts'
import { insertEnrolToken } from '../enrol-tokens/insert-enrol-token.ts'
import { addAgent, addGroup, newName } from './rows.ts'

/** Statements of many agents: each does to one what it says, and passes over who is revoked or unknown. */
export function batchesSuite(db: () => Database): void {
  const three = async (): Promise<[string, string, string]> => {
    const group = await addGroup(db())
    const agents = await Promise.all([1, 2, 3].map(() => addAgent(db(), group.id)))
    const [first, second, revoked] = agents.map(({ id }) => id) as [string, string, string]
    await revokeAgent(db(), revoked)
    return [first, second, revoked]
  }
  const helloOf = (agentId: string, channels: number) => ({
    agentId,
    channels,
    facts: { hostname: `h${channels}` },
    processId: `p${channels}`,
    state: 'online' as const,
    leaseUntilMs: 20_000,
    generation: 3,
    generationOffered: 4,
  })

  test('hellos of many start a session each', async () => {
    const [first, second, revoked] = await three()
    await recordHellos(db(), [helloOf(first, 1)])
    const ids = [first, second, revoked, randomUUID()]
    const rows = await recordHellos(
      db(),
      ids.map((id, no) => helloOf(id, no + 5)),
    )
    assert.deepEqual(
      new Map(rows.map((row) => [row.agentId, row.sessionEpoch])),
      new Map([
        [first, 2],
        [second, 1],
      ]),
    )
    const row = await findAgent(db(), second)
    assert.deepEqual(
      [row?.channels, row?.facts, row?.processId, row?.generation, row?.generationOffered],
      [6, { hostname: 'h6' }, 'p6', 3, 4],
    )
    assert.deepEqual([row?.state, row?.leaseUntilMs], ['online', 20_000])
  })

  test('generations count in the session that confirmed them, certificates and states at once', async () => {
    const [first, second, revoked] = await three()
    await recordHellos(db(), [helloOf(first, 1), helloOf(second, 1)])
    const confirmed = [first, second, revoked].map((agentId, no) => {
      return { agentId, sessionEpoch: 1 + no, generation: 9 }
    })
    assert.equal(await confirmGenerations(db(), confirmed), 1)
    const ids = [first, second, revoked]
    await saveCertificates(
      db(),
      ids.map((agentId) => ({ agentId, certificateUntilMs: 77 })),
    )
    await setAgentStates(
      db(),
      ids.map((agentId) => ({ agentId, state: 'suspect' as const })),
    )
    const rows = new Map(
      (await findAgents(db(), [...ids, randomUUID()])).map((row) => [row.id, row]),
    )
    assert.deepEqual(
      ids.map((id) => {
        const row = rows.get(id)
        return [row?.generation, row?.certificateUntilMs, row?.state]
      }),
      [
        [9, 77, 'suspect'],
        [3, 77, 'suspect'],
        [0, 0, 'revoked'],
      ],
    )
  })

  test('agents are enrolled all or none', async () => {
    const group = await addGroup(db())
    const newAgent = (name = newName('agent')) => ({
      id: randomUUID(),
      name,
      groupId: group.id,
      publicKeyHash: randomUUID(),
      facts: { os: 'x' },
      notices: ['n'],
      certificateUntilMs: 5,
      createdAtMs: 6,
    })
    const [first, second] = [newAgent(), newAgent()]
    await insertAgents(db(), [first, second])
    const row = await findAgent(db(), second.id)
    assert.deepEqual(
      [row?.name, row?.state, row?.facts, row?.notices, row?.certificateUntilMs, row?.createdAtMs],
      [second.name, 'enrolled', { os: 'x' }, ['n'], 5, 6],
    )
    const [third, taken] = [newAgent(), newAgent(first.name)]
    await assert.rejects(insertAgents(db(), [third, taken]), (error) => {
      return error instanceof StoreError && error.constraint === 'agents_name_key'
    })
    assert.equal(await findAgent(db(), third.id), null)
    const hashes = [first, second, third].map(({ publicKeyHash }) => publicKeyHash)
    assert.deepEqual(await knownKeys(db(), hashes), new Set(hashes.slice(0, 2)))
  })

  test('of a token as many uses are taken as are wanted, or none', async () => {
    const group = await addGroup(db())
    const token = async (usesMax: number, expiresAtMs = 1_000): Promise<string> => {
      const tokenHash = randomUUID()
      const times = { createdAtMs: 1, expiresAtMs }
      await insertEnrolToken(db(), {
        tokenHash,
        groupId: group.id,
        usesMax,
        createdBy: 't',
        ...times,
      })
      return tokenHash
    }
    const [many, one, old] = [await token(5), await token(1), await token(5, 10)]
    const uses = [many, one, old, 'unknown'].map((tokenHash) => ({ tokenHash, uses: 2 }))
    const burnt = await burnEnrolTokens(db(), uses, 100)
    assert.deepEqual(
      burnt.map(({ tokenHash, groupName }) => [tokenHash, groupName]),
      [[many, group.name]],
    )
    const counts = await Promise.all([many, one, old].map((hash) => findEnrolToken(db(), hash)))
    assert.deepEqual(
      counts.map((row) => row?.uses),
      [2, 0, 0],
    )
  })
}
