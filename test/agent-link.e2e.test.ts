/** Both real ends of the link: an agent process against a link server with the embedded store. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { pino } from 'pino'

import { databaseLinkStore } from '../control-plane/link/database-link-store.ts'
import { DEFAULT_LINK_SETTINGS } from '../control-plane/link/link-settings.ts'
import { createLinkServer } from '../control-plane/link/server.ts'
import { RecordedEvents } from '../control-plane/link/test-events.ts'
import { listAgents } from '../control-plane/store/agents/list-agents.ts'
import { insertEnrolToken } from '../control-plane/store/enrol-tokens/insert-enrol-token.ts'
import { pageAgentLog } from '../control-plane/store/log-lines/page-agent-log.ts'
import { insertGroup } from '../control-plane/store/resource-groups/insert-group.ts'
import { openTestStore } from '../control-plane/store/test-store.ts'
import { mintEnrolToken } from '../control-plane/tls/enrol-token.ts'
import { openTls } from '../control-plane/tls/open-tls.ts'
import { systemClock } from '../lib/clock.ts'

const AGENT_MAIN = fileURLToPath(new URL('../agent/main.ts', import.meta.url))
const SHORT = { ...DEFAULT_LINK_SETTINGS, leaseMs: 3_000, beatMs: 750, graceMs: 300, sweepMs: 100 }

function startAgentProcess(stateDir: string, server: string, token: string | null): ChildProcess {
  const args = [AGENT_MAIN, 'run', '--state-dir', stateDir, '--link', server]
  const { SLUICE_ENROL_TOKEN: _, ...env } = process.env
  return spawn(process.execPath, [...args, '--reconnect-max-seconds', '1', '--name', 'edge-1'], {
    env: token === null ? env : { ...env, SLUICE_ENROL_TOKEN: token },
    stdio: ['ignore', 'ignore', 'ignore'],
  })
}

test('an agent process enrols, beats, is lost while it is frozen, comes back, and leaves on SIGTERM', async (t) => {
  const testStore = await openTestStore()
  const { db, dataDir } = testStore
  const tls = await openTls({ dir: join(dataDir, 'tls'), hostNames: [], nowMs: Date.now() })
  const link = createLinkServer({
    audit: () => {},
    host: '127.0.0.1',
    port: 0,
    tls,
    settings: SHORT,
    store: databaseLinkStore(db),
    clock: systemClock,
    random: Math.random,
    log: pino({ level: 'silent' }),
  })
  const events = new RecordedEvents()
  const server = `127.0.0.1:${await link.listen(events)}`
  const groupId = await insertGroup(db, { name: 'idc', description: '', createdAtMs: 0 })
  const { token, tokenHash } = mintEnrolToken(tls.caFingerprint)
  const expiresAtMs = Date.now() + 60_000
  await insertEnrolToken(db, { tokenHash, groupId, createdAtMs: 0, expiresAtMs })
  const stateDir = join(dataDir, 'agent')
  const processes: ChildProcess[] = []
  t.after(async () => {
    for (const child of processes) child.kill('SIGKILL')
    await link.close()
    await testStore.remove()
  })

  const first = startAgentProcess(stateDir, server, token)
  processes.push(first)
  await events.hears('ready edge-1')
  assert.deepEqual(
    link.readyAgents().map(({ name, channels }) => ({ name, channels })),
    [{ name: 'edge-1', channels: 4 }],
  )

  first.kill('SIGSTOP')
  await events.hears('lost nothing was heard')
  assert.equal(link.readyAgents().length, 0)
  first.kill('SIGCONT')
  await events.hears('ready edge-1', 2)

  // kill -9 and a new process: the identity on disk is enough.
  first.kill('SIGKILL')
  await once(first, 'exit')
  const second = startAgentProcess(stateDir, server, null)
  processes.push(second)
  await events.hears('ready edge-1', 3)

  second.kill('SIGTERM')
  const [exitCode] = await once(second, 'exit')
  assert.equal(exitCode, 0)
  await events.hears('lost the agent said goodbye')
  await link.close() // beats are stored in batches: the last with this
  const [agent] = await listAgents(db, null)
  assert.equal(agent?.sessionEpoch, 3)
  assert.ok((agent.heartbeat as { memoryTotalBytes: number }).memoryTotalBytes > 0)
  const lines = await pageAgentLog(db, { agentId: agent.id, afterId: 0, limit: 100 })
  assert.ok(lines.some((line) => line.message === 'agent runs'))
  assert.ok(!JSON.stringify(lines).includes(token.split('.')[0] ?? ''))
})
