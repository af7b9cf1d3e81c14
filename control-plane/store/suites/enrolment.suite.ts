import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import { insertAgent } from '../agents/insert-agent.ts'
import { listAgents } from '../agents/list-agents.ts'
import type { Database } from '../database.ts'
import { burnEnrolToken } from '../enrol-tokens/burn-enrol-token.ts'
import { deleteExpiredEnrolTokens } from '../enrol-tokens/delete-expired-enrol-tokens.ts'
import { findEnrolToken } from '../enrol-tokens/find-enrol-token.ts'
import { insertEnrolToken } from '../enrol-tokens/insert-enrol-token.ts'
import { addGroup, newName } from './rows.ts'

const EXPIRES_AT_MS = 10_000

export function enrolmentSuite(db: () => Database): void {
  async function addToken(): Promise<{ tokenHash: string; groupId: number; groupName: string }> {
    const group = await addGroup(db())
    const tokenHash = newName('token')
    await insertEnrolToken(db(), {
      tokenHash,
      groupId: group.id,
      createdAtMs: 1_000,
      expiresAtMs: EXPIRES_AT_MS,
    })
    return { tokenHash, groupId: group.id, groupName: group.name }
  }

  /** As enrolment does it: the token is burnt and the agent inserted in one transaction. */
  function enrol(tokenHash: string, agentKeyHash: string, nowMs = 2_000): Promise<string | null> {
    return db().transaction(async (tx) => {
      const newAgentId = randomUUID()
      const burned = await burnEnrolToken(tx, { tokenHash, agentKeyHash, newAgentId, nowMs })
      if (burned === null) return null
      if (burned.agentId === newAgentId) {
        await insertAgent(tx, {
          id: newAgentId,
          name: newName('agent'),
          groupId: burned.groupId,
          keyHash: agentKeyHash,
          facts: {},
          createdAtMs: nowMs,
        })
      }
      return burned.agentId
    })
  }

  test('a token makes one agent of its group', async () => {
    const token = await addToken()
    const newAgentId = randomUUID()
    const use = { tokenHash: token.tokenHash, agentKeyHash: 'k', newAgentId, nowMs: 2_000 }
    const { tokenHash: _, ...group } = token
    assert.deepEqual(await burnEnrolToken(db(), use), { ...group, agentId: newAgentId })
    assert.deepEqual(await findEnrolToken(db(), token.tokenHash), {
      groupName: token.groupName,
      createdAtMs: 1_000,
      expiresAtMs: EXPIRES_AT_MS,
      usedAtMs: 2_000,
      agentId: newAgentId,
    })
  })

  test('after a lost reply the same key gets the same agent, another key nothing', async () => {
    const { tokenHash, groupId } = await addToken()
    const [mine, other] = [newName('key'), newName('key')]
    const agentId = await enrol(tokenHash, mine)
    assert.notEqual(agentId, null)
    assert.equal(await enrol(tokenHash, mine, 3_000), agentId)
    assert.equal(await enrol(tokenHash, other), null)
    assert.equal((await listAgents(db(), groupId)).length, 1)
    assert.equal((await findEnrolToken(db(), tokenHash))?.usedAtMs, 2_000)
  })

  test('a token that is expired or unknown is refused, also to the key that used it', async () => {
    const { tokenHash } = await addToken()
    const key = newName('key')
    assert.equal(await enrol(tokenHash, key, EXPIRES_AT_MS), null)
    assert.notEqual(await enrol(tokenHash, key, EXPIRES_AT_MS - 1), null)
    assert.equal(await enrol(tokenHash, key, EXPIRES_AT_MS), null)
    assert.equal(await enrol(newName('token'), key), null)
  })

  test('a token used by many at once makes exactly one agent', async () => {
    const { tokenHash, groupId } = await addToken()
    const keys = Array.from({ length: 16 }, () => newName('key'))
    const ids = await Promise.all(keys.map((key) => enrol(tokenHash, key)))
    assert.equal(ids.filter((id) => id !== null).length, 1)
    assert.deepEqual(
      (await listAgents(db(), groupId)).map((row) => row.id),
      ids.filter((id) => id !== null),
    )
  })

  test('a token used by one agent many times at once makes exactly one agent', async () => {
    const { tokenHash, groupId } = await addToken()
    const key = newName('key')
    const ids = await Promise.all(Array.from({ length: 16 }, () => enrol(tokenHash, key)))
    assert.equal(new Set(ids).size, 1)
    assert.equal((await listAgents(db(), groupId)).length, 1)
  })

  test('expired tokens are deleted, others kept', async () => {
    const { tokenHash } = await addToken()
    await deleteExpiredEnrolTokens(db(), EXPIRES_AT_MS)
    assert.notEqual(await findEnrolToken(db(), tokenHash), null)
    await deleteExpiredEnrolTokens(db(), EXPIRES_AT_MS + 1)
    assert.equal(await findEnrolToken(db(), tokenHash), null)
  })
}
