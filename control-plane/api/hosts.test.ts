import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { NoBundleError } from '../install/bundles.ts'
import type { AgentAnswer, AgentQuestion } from '../run/agent-requests.ts'
import { insertAgent } from '../store/agents/insert-agent.ts'
import { insertGroup } from '../store/resource-groups/insert-group.ts'
import { startTestServer, TEST_NOW_MS, type TestServer } from './test-server.ts'

const AGENT_ID = '00000000-0000-4000-8000-000000000001'

let server: TestServer
let dir = ''
let asked: AgentQuestion | null = null
let answer: AgentAnswer

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-hosts-'))
  await writeFile(join(dir, 'bundle'), 'ARCHIVE')
  server = await startTestServer({
    hosts: {
      ask: async (agentId, question) => {
        assert.equal(agentId, AGENT_ID)
        asked = question
        return answer
      },
      installer: {
        selfExtracting: async (arch) => {
          if (arch === 'arm64') throw new NoBundleError('there is no bundle for arm64: build one')
          const script = Buffer.from('#!/bin/sh\n')
          return { fileName: 'a.run', script, bundlePath: join(dir, 'bundle'), bytes: 17 }
        },
      },
    },
  })
  const { db } = server.store
  const group = { name: 'idc', description: '', createdAtMs: TEST_NOW_MS }
  const groupId = await insertGroup(db, group)
  await insertAgent(db, {
    id: AGENT_ID,
    name: 'edge-1',
    groupId,
    publicKeyHash: 'ab'.repeat(32),
    facts: {},
    createdAtMs: TEST_NOW_MS,
  })
})

after(async () => {
  await server.stop()
  await rm(dir, { recursive: true })
})

function call(path: string, body?: unknown): Promise<Response> {
  const headers = { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' }
  const sent =
    body === undefined
      ? { headers: { authorization: headers.authorization } }
      : { method: 'POST', headers, body: JSON.stringify(body) }
  return fetch(`${server.url}/api/v1${path}`, sent)
}

test('the checks of the doctor come from the agent, in the words of its own command', async () => {
  const check = { name: 'clock', detail: '3 min behind', advice: 'set it' }
  const checks = [
    { ...check, outcome: 'FAILED' as const },
    { ...check, outcome: 'SKIPPED' as const },
  ]
  answer = { kind: 'diagnose', diagnose: { checks, lines: [] } }
  const response = await call('/agents/edge-1/doctor')
  assert.deepEqual(await response.json(), {
    checks: [
      { ...check, outcome: 'fail' },
      { ...check, outcome: 'skip' },
    ],
  })
  assert.deepEqual(asked, { diagnose: { what: 'DOCTOR' } })
})

test('log lines are fetched from the host, as many as were asked for', async () => {
  answer = { kind: 'diagnose', diagnose: { checks: [], lines: ['one', 'two'] } }
  const response = await call('/agents/edge-1/logs/fetch', { lines: 50 })
  assert.deepEqual(await response.json(), { lines: ['one', 'two'] })
  assert.deepEqual(asked, { diagnose: { what: 'LOGS', linesMax: 50 } })
  assert.equal((await call('/agents/edge-1/logs/fetch', { lines: 1_000_000 })).status, 400)
})

test('an agent that does not answer is a conflict that says why', async () => {
  const message = 'the agent is not online'
  answer = { kind: 'failed', problem: 'NOT_READY', message, isUnknownKind: false }
  const response = await call('/agents/edge-1/doctor')
  assert.equal(response.status, 409)
  const { error } = (await response.json()) as { error: { code: string; message: string } }
  assert.equal(error.code, 'STATE_CONFLICT')
  assert.match(error.message, /agent edge-1 did not say: the agent is not online/)
})

test('the installer comes as one file: the script, then the bundle', async () => {
  const response = await call('/installers/x64')
  assert.equal(response.headers.get('content-length'), '17')
  assert.match(response.headers.get('content-disposition') ?? '', /filename="a\.run"/)
  assert.equal(await response.text(), '#!/bin/sh\nARCHIVE')
})

test('an architecture without a bundle is said with what to do', async () => {
  const response = await call('/installers/arm64')
  assert.equal(response.status, 404)
  assert.match(await response.text(), /BUNDLE_NOT_FOUND.*no bundle for arm64: build one/)
  assert.equal((await call('/installers/sparc')).status, 400)
})

test('without an API token there is no installer here', async () => {
  assert.equal((await fetch(`${server.url}/api/v1/installers/x64`)).status, 401)
})
