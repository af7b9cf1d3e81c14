import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import { findAgentByKey } from '../agents/find-agent-by-key.ts'
import { freeAgentName } from '../agents/free-agent-name.ts'
import { insertAgent } from '../agents/insert-agent.ts'
import type { Database } from '../database.ts'
import { burnEnrolToken } from '../enrol-tokens/burn-enrol-token.ts'
import { deleteExpiredEnrolTokens } from '../enrol-tokens/delete-expired-enrol-tokens.ts'
import { findEnrolToken } from '../enrol-tokens/find-enrol-token.ts'
import { insertEnrolToken } from '../enrol-tokens/insert-enrol-token.ts'
import { addGroup, newName } from './rows.ts'

const EXPIRES_AT_MS = 10_000

export function enrolmentSuite(db: () => Database): void {
  async function addToken(
    over: { readonly expected?: unknown; readonly usesMax?: number } = {},
  ): Promise<{ tokenHash: string; groupId: number; groupName: string }> {
    const group = await addGroup(db())
    const tokenHash = newName('token')
    await insertEnrolToken(db(), {
      tokenHash,
      groupId: group.id,
      createdAtMs: 1_000,
      expiresAtMs: EXPIRES_AT_MS,
      ...over,
    })
    return { tokenHash, groupId: group.id, groupName: group.name }
  }

  function burn(tokenHash: string, nowMs = 2_000): Promise<unknown> {
    return burnEnrolToken(db(), { tokenHash, nowMs })
  }

  test('a token is burnt for one agent of its group, and says what was expected', async () => {
    const token = await addToken({ expected: { uuid: 'u', cpuCount: 4 } })
    assert.deepEqual(await burn(token.tokenHash), {
      groupId: token.groupId,
      groupName: token.groupName,
      expected: { uuid: 'u', cpuCount: 4 },
    })
    assert.equal(await burn(token.tokenHash, 3_000), null)
    assert.deepEqual(await findEnrolToken(db(), token.tokenHash), {
      groupName: token.groupName,
      createdAtMs: 1_000,
      expiresAtMs: EXPIRES_AT_MS,
      usedAtMs: 2_000,
      uses: 1,
      usesMax: 1,
    })
  })

  test('a token that is expired or unknown is not burnt', async () => {
    const { tokenHash } = await addToken()
    assert.equal(await burn(tokenHash, EXPIRES_AT_MS), null)
    assert.notEqual(await burn(tokenHash, EXPIRES_AT_MS - 1), null)
    assert.equal(await burn(newName('token')), null)
  })

  test('a token used by many at once is burnt as often as it may be', async () => {
    const { tokenHash } = await addToken({ usesMax: 3 })
    const burned = await Promise.all(Array.from({ length: 16 }, () => burn(tokenHash)))
    assert.equal(burned.filter((row) => row !== null).length, 3)
  })

  test('an agent is found by its key, with the token that made it', async () => {
    const { tokenHash, groupId, groupName } = await addToken()
    const agent = { id: randomUUID(), name: newName('agent'), publicKeyHash: newName('key') }
    const notices = ['registered with 8 CPU cores, reports 4']
    await insertAgent(db(), {
      ...agent,
      groupId,
      enrolTokenHash: tokenHash,
      facts: {},
      notices,
      certificateUntilMs: 9,
      createdAtMs: 2_000,
    })
    assert.deepEqual(await findAgentByKey(db(), agent.publicKeyHash), {
      id: agent.id,
      name: agent.name,
      groupName,
      state: 'enrolled',
      enrolTokenHash: tokenHash,
      notices,
    })
    assert.equal(await findAgentByKey(db(), newName('key')), null)
  })

  test('a name that is taken is numbered on', async () => {
    const { groupId } = await addToken()
    const name = newName('host')
    const add = (taken: string): Promise<void> => {
      const id = randomUUID()
      return insertAgent(db(), {
        id,
        name: taken,
        groupId,
        publicKeyHash: id,
        facts: {},
        createdAtMs: 1,
      })
    }
    assert.equal(await freeAgentName(db(), name), name)
    await add(name)
    await add(`${name}-2`)
    assert.equal(await freeAgentName(db(), name), `${name}-3`)
  })

  test('expired tokens are deleted, others kept', async () => {
    const { tokenHash } = await addToken()
    await deleteExpiredEnrolTokens(db(), EXPIRES_AT_MS)
    assert.notEqual(await findEnrolToken(db(), tokenHash), null)
    await deleteExpiredEnrolTokens(db(), EXPIRES_AT_MS + 1)
    assert.equal(await findEnrolToken(db(), tokenHash), null)
  })
}
