import assert from 'node:assert/strict'
import { test } from 'node:test'

import { deleteOldAuditEvents } from '../audit-events/delete-old-audit-events.ts'
import { insertAuditEvents } from '../audit-events/insert-audit-events.ts'
import type { NewAuditEvent } from '../audit-events/insert-audit-events.ts'
import { pageAuditEvents } from '../audit-events/page-audit-events.ts'
import type { AuditPage } from '../audit-events/page-audit-events.ts'
import type { Database } from '../database.ts'
import { addAgent, addGroup, newName } from './rows.ts'

/** Later than every other test's events. */
const START_MS = 5_000_000

export function auditSuite(db: () => Database): void {
  const event = (over: Partial<NewAuditEvent>): NewAuditEvent => ({
    atMs: START_MS,
    kind: 'agent.drained',
    actor: 'admin',
    agentId: null,
    groupName: null,
    peer: null,
    message: 'm',
    detail: null,
    ...over,
  })
  const page = async (over: Partial<AuditPage>): Promise<string[]> => {
    const all = { kind: null, agentId: null, groupName: null, sinceMs: null, beforeId: null }
    const rows = await pageAuditEvents(db(), { ...all, limit: 100, ...over })
    return rows.map((row) => row.message)
  }

  test('audit events come back the newest first, in the order in which they were given', async () => {
    const group = await addGroup(db())
    const agent = await addAgent(db(), group.id)
    const of = { groupName: group.name }
    await insertAuditEvents(db(), [
      event({ ...of, message: 'one', kind: 'group.created', detail: { kind: 'custom' } }),
      event({ ...of, message: 'two\0', agentId: agent.id, peer: '10.0.0.1' }),
      event({ ...of, message: 'three', atMs: START_MS + 1_000 }),
    ])
    await insertAuditEvents(db(), [])
    assert.deepEqual(await page(of), ['three', 'two\uFFFD', 'one'])
    assert.deepEqual(await page({ ...of, kind: 'group.created' }), ['one'])
    assert.deepEqual(await page({ agentId: agent.id }), ['two\uFFFD'])
    assert.deepEqual(await page({ ...of, sinceMs: START_MS + 1_000 }), ['three'])
    assert.deepEqual(await page({ ...of, limit: 1 }), ['three'])
    const everything = { kind: null, agentId: agent.id, sinceMs: null, beforeId: null, limit: 1 }
    const [row] = await pageAuditEvents(db(), { ...everything, groupName: null })
    assert.deepEqual([row?.agentName, row?.peer, row?.detail], [agent.name, '10.0.0.1', null])
    assert.deepEqual(await page({ ...of, beforeId: row!.id }), ['one'])
  })

  test('old audit events are deleted, others kept', async () => {
    const groupName = newName('group')
    await insertAuditEvents(db(), [
      event({ groupName, atMs: 10, message: 'old' }),
      event({ groupName, message: 'new' }),
    ])
    assert.equal(await deleteOldAuditEvents(db(), 11), 1)
    assert.deepEqual(await page({ groupName }), ['new'])
  })
}
