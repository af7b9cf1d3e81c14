import assert from 'node:assert/strict'
import { test } from 'node:test'

import { decideCopy } from '../agent-copies/decide-copy.ts'
import { deleteCopy } from '../agent-copies/delete-copy.ts'
import { listCopies } from '../agent-copies/list-copies.ts'
import { recordCopy } from '../agent-copies/record-copy.ts'
import type { SeenCopy } from '../agent-copies/record-copy.ts'
import { confirmGenerations } from '../agents/confirm-generations.ts'
import { findAgent } from '../agents/find-agent.ts'
import { revokeAgent } from '../agents/revoke-agent.ts'
import { saveCertificates } from '../agents/save-certificates.ts'
import type { Database } from '../database.ts'
import { addAgent, addGroup, sayHello } from './rows.ts'

export function agentCopiesSuite(db: () => Database): void {
  const seen = (agentId: string, over: Partial<SeenCopy> = {}): SeenCopy => ({
    agentId,
    verdict: 'clone',
    hostHash: 'h1',
    generation: 4,
    facts: { hostname: 'copy' },
    peer: '10.0.0.9:4000',
    nowMs: 1_000,
    ...over,
  })

  test('a copy that is seen again keeps its row and its decision', async () => {
    const agent = await addAgent(db(), (await addGroup(db())).id)
    const first = await recordCopy(db(), seen(agent.id))
    assert.deepEqual(first, {
      id: first.id,
      agentId: agent.id,
      verdict: 'clone',
      generation: 4,
      facts: { hostname: 'copy' },
      peer: '10.0.0.9:4000',
      firstSeenMs: 1_000,
      lastSeenMs: 1_000,
      decision: null,
    })
    const decided = await decideCopy(db(), { agentId: agent.id, copyId: first.id, decision: 'new' })
    assert.equal(decided?.decision, 'new')
    const again = await recordCopy(db(), seen(agent.id, { nowMs: 2_000, verdict: 'snapshot' }))
    assert.deepEqual(
      [again.id, again.firstSeenMs, again.lastSeenMs, again.verdict, again.decision],
      [first.id, 1_000, 2_000, 'snapshot', 'new'],
    )
    const changed = await recordCopy(db(), seen(agent.id, { nowMs: 2_500, generation: 9 }))
    assert.deepEqual([changed.id, changed.decision], [first.id, null])
    const other = await recordCopy(db(), seen(agent.id, { hostHash: 'h2', nowMs: 3_000 }))
    assert.deepEqual(
      (await listCopies(db(), agent.id)).map((row) => row.id),
      [other.id, first.id],
    )
    await deleteCopy(db(), first.id)
    assert.deepEqual(
      (await listCopies(db(), agent.id)).map((row) => row.id),
      [other.id],
    )
  })

  test('a decision is of the agent that the copy is of', async () => {
    const group = await addGroup(db())
    const [one, other] = [await addAgent(db(), group.id), await addAgent(db(), group.id)]
    const copy = await recordCopy(db(), seen(one.id))
    const at = { agentId: other.id, copyId: copy.id, decision: 'same' } as const
    assert.equal(await decideCopy(db(), at), null)
  })

  test('a generation counts only in the session that is the agent’s', async () => {
    const agent = await addAgent(db(), (await addGroup(db())).id)
    const hello = {
      agentId: agent.id,
      facts: {},
      channels: 1,
      processId: 'p',
      state: 'online',
      leaseUntilMs: 1,
      generation: 4,
      generationOffered: 5,
    } as const
    await sayHello(db(), hello)
    await sayHello(db(), hello)
    const confirm = (sessionEpoch: number): Promise<number> =>
      confirmGenerations(db(), [{ agentId: agent.id, sessionEpoch, generation: 5 }])
    assert.equal(await confirm(1), 0)
    assert.equal((await findAgent(db(), agent.id))?.generation, 4)
    assert.equal(await confirm(2), 1)
    const row = await findAgent(db(), agent.id)
    assert.deepEqual([row?.generation, row?.generationOffered], [5, 5])
  })

  test('a certificate is not noted for a revoked agent', async () => {
    const agent = await addAgent(db(), (await addGroup(db())).id)
    const save = (certificateUntilMs: number): Promise<void> =>
      saveCertificates(db(), [{ agentId: agent.id, certificateUntilMs }])
    await save(7_000)
    assert.equal((await findAgent(db(), agent.id))?.certificateUntilMs, 7_000)
    await revokeAgent(db(), agent.id)
    await save(8_000)
    assert.equal((await findAgent(db(), agent.id))?.certificateUntilMs, 7_000)
  })
}
