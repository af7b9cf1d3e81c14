import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import { deleteAgent } from '../agents/delete-agent.ts'
import { revokeAgent } from '../agents/revoke-agent.ts'
import { deleteApiToken } from '../api-tokens/delete-api-token.ts'
import { findApiToken } from '../api-tokens/find-api-token.ts'
import { insertApiToken } from '../api-tokens/insert-api-token.ts'
import { listApiTokens } from '../api-tokens/list-api-tokens.ts'
import { StoreError } from '../database.ts'
import type { Database } from '../database.ts'
import { insertEnrolToken } from '../enrol-tokens/insert-enrol-token.ts'
import { listUnusedEnrolTokens } from '../enrol-tokens/list-unused-enrol-tokens.ts'
import { deleteJob } from '../jobs/delete-job.ts'
import { changeGroup } from '../resource-groups/change-group.ts'
import { deleteGroup } from '../resource-groups/delete-group.ts'
import { findGroupByName } from '../resource-groups/find-group-by-name.ts'
import { PLAIN_GROUP } from '../resource-groups/group-row.ts'
import type { GroupSettings } from '../resource-groups/group-row.ts'
import { insertGroup } from '../resource-groups/insert-group.ts'
import { listGroups } from '../resource-groups/list-groups.ts'
import { addAgent, addGroup, addJob, addRun, endRun, newName } from './rows.ts'

export function groupsSuite(db: () => Database): void {
  test('a group is found by name, and listed with the number of its agents', async () => {
    const name = newName('group')
    const id = await insertGroup(db(), { name, description: 'near the brokers', createdAtMs: 7 })
    const expected = { ...PLAIN_GROUP, id, name, description: 'near the brokers', createdAtMs: 7 }
    assert.deepEqual(await findGroupByName(db(), name), expected)
    assert.equal(await findGroupByName(db(), 'nowhere'), null)
    await addAgent(db(), id)
    await revokeAgent(db(), (await addAgent(db(), id)).id)
    const listed = (await listGroups(db())).find((row) => row.id === id)
    assert.deepEqual(listed, { ...expected, agents: 1 })
  })

  test('what a group is and may is stored, and changed as a whole or not at all', async () => {
    const settings: GroupSettings = {
      kind: 'exclusive',
      description: '数据',
      labels: { idc: 'hz-1' },
      paused: false,
      mbpsMax: 200,
      channelsMax: 16,
      reservedJobs: ['orders', 'clicks'],
      reservedOwners: ['ci'],
    }
    const name = newName('group')
    const id = await insertGroup(db(), { ...settings, name, createdAtMs: 7 })
    const row = { ...settings, id, name, createdAtMs: 7 }
    assert.deepEqual(await findGroupByName(db(), name), row)
    const other = { ...PLAIN_GROUP, paused: true, mbpsMax: 1 }
    const changed = await changeGroup(db(), name, (group) => {
      assert.deepEqual(group, row)
      return other
    })
    assert.deepEqual(changed, { ...other, id, name, createdAtMs: 7 })
    assert.deepEqual(await findGroupByName(db(), name), changed)
    const refuse = (): never => {
      throw new RangeError('no')
    }
    await assert.rejects(changeGroup(db(), name, refuse), RangeError)
    assert.equal(await changeGroup(db(), newName('group'), () => other), null)
  })

  test('a group is deleted only when no agent, job or run uses it', async () => {
    const group = await addGroup(db())
    const agent = await addAgent(db(), group.id)
    const job = await addJob(db(), { groupName: group.name })
    await endRun(db(), await addRun(db(), job.id, group.id))
    const token = { tokenHash: randomUUID(), groupId: group.id, createdAtMs: 0, expiresAtMs: 1 }
    await insertEnrolToken(db(), token)
    const agents = { count: 1, names: [agent.name] }
    const used = { outcome: 'inUse', agents, jobs: { count: 1, names: [job.name] }, runs: 1 }
    assert.deepEqual(await deleteGroup(db(), group.name), used)
    await deleteAgent(db(), agent.id)
    assert.deepEqual(await deleteGroup(db(), group.name), {
      ...used,
      agents: { count: 0, names: [] },
    })
    await deleteJob(db(), job.name)
    assert.deepEqual(await deleteGroup(db(), group.name), { outcome: 'deleted' })
    assert.deepEqual(await deleteGroup(db(), group.name), { outcome: 'notFound' })
    const name = newName('group')
    await insertGroup(db(), { name, kind: 'default', createdAtMs: 1 })
    assert.deepEqual(await deleteGroup(db(), name), { outcome: 'isDefault' })
  })

  test('tokens that are not used up are listed with what was typed, the newest first', async () => {
    const group = await addGroup(db())
    const expected = { name: 'idc-1', uuid: '4c4c4544-0046-3510-8052-b4c04f4d3132' }
    const of = { groupId: group.id, expiresAtMs: 9_000 }
    const used = newName('hash')
    await insertEnrolToken(db(), { ...of, tokenHash: used, createdAtMs: 1 })
    await insertEnrolToken(db(), { ...of, tokenHash: newName('hash'), createdAtMs: 2, usesMax: 5 })
    const one = { ...of, tokenHash: newName('hash'), createdAtMs: 3, createdBy: 'ci', expected }
    await insertEnrolToken(db(), one)
    await db().query('UPDATE enrol_tokens SET uses = 1 WHERE token_hash = $1', [used])
    const rows = await listUnusedEnrolTokens(db(), group.id, 10)
    const row = { groupName: group.name, expiresAtMs: 9_000, uses: 0 }
    assert.deepEqual(rows, [
      { ...row, expected, usesMax: 1, createdBy: 'ci', createdAtMs: 3 },
      { ...row, expected: {}, usesMax: 5, createdBy: '', createdAtMs: 2 },
    ])
    assert.equal((await listUnusedEnrolTokens(db(), group.id, 1)).length, 1)
    assert.ok((await listUnusedEnrolTokens(db(), null, 100)).length >= 2)
  })

  test('an API token is found by its hash until it is deleted', async () => {
    const [name, tokenHash] = [newName('token'), newName('hash')]
    await insertApiToken(db(), { name, tokenHash, createdAtMs: 9 })
    assert.deepEqual(await findApiToken(db(), tokenHash), { name, createdAtMs: 9 })
    assert((await listApiTokens(db())).some((row) => row.name === name))
    await assert.rejects(
      insertApiToken(db(), { name, tokenHash: newName('hash'), createdAtMs: 9 }),
      (error) => error instanceof StoreError && error.constraint === 'api_tokens_name_key',
    )
    assert.equal(await deleteApiToken(db(), name), true)
    assert.equal(await deleteApiToken(db(), name), false)
    assert.equal(await findApiToken(db(), tokenHash), null)
  })
}
