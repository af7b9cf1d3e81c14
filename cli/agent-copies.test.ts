/** Copies of agents over the API and the command line's client. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { addAgent } from '../control-plane/api/test-data.ts'
import { startTestServer, TEST_NOW_MS } from '../control-plane/api/test-server.ts'
import type { TestServer } from '../control-plane/api/test-server.ts'
import { recordCopy } from '../control-plane/store/agent-copies/record-copy.ts'
import { ApiClient } from './client.ts'

let server: TestServer
let client: ApiClient
before(async () => {
  server = await startTestServer()
  client = new ApiClient({ server: server.url, token: server.token })
})
after(() => server.stop())

async function addCopy(agentId: string): Promise<number> {
  const copy = await recordCopy(server.store.db, {
    agentId,
    verdict: 'clone',
    hostHash: `hash of ${agentId}`,
    generation: 3,
    facts: { hostname: 'host-2' },
    peer: '10.0.0.2:4000',
    nowMs: TEST_NOW_MS,
  })
  return copy.id
}

test('copies are listed, of all agents or of one, and a decision is kept and recorded', async () => {
  const agentId = await addAgent(server.store.db, 'idc', 'kafka-1')
  await addAgent(server.store.db, 'cloud', 'kafka-2')
  const id = await addCopy(agentId)
  const [copy] = (await client.listAgentCopies()).items
  assert.deepEqual([copy?.id, copy?.agent, copy?.decision], [id, 'kafka-1', null])
  assert.deepEqual((await client.listAgentCopies('kafka-2')).items, [])
  assert.equal((await client.resolveAgentCopy('kafka-1', id, 'new')).decision, 'new')
  const event = server.audited.at(-1)
  assert.deepEqual([event?.kind, event?.actor], ['agent.copyResolved', 'admin'])
  await assert.rejects(client.resolveAgentCopy('kafka-2', id, 'new'), /has no copy/)
})

test('a copy does not become an agent that is connected', async () => {
  const agentId = await addAgent(server.store.db, 'lab', 'kafka-3')
  const id = await addCopy(agentId)
  server.agents.ready = [{ agentId, groupId: 1, name: 'kafka-3', channels: 2 }]
  await assert.rejects(client.resolveAgentCopy('kafka-3', id, 'same'), /kafka-3 is connected/)
  server.agents.ready = []
  assert.equal((await client.resolveAgentCopy('kafka-3', id, 'same')).decision, 'same')
})
