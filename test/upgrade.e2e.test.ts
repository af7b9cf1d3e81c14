/**
 * Upgrades through all that takes part: a control plane's process, an agent laid down as the
 * installer does it, its launcher, and real bundles: one that is good and one that does not start.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { arch, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { UpgradeDetail } from '../control-plane/api/shapes/upgrade.ts'
import { buildBundle } from '../install/bundle/build-bundle.ts'
import type { Architecture } from '../install/bundle/native-parts.ts'

const run = promisify(execFile)
const CONTROL_PLANE = fileURLToPath(new URL('../control-plane/main.ts', import.meta.url))
const ARCH = arch() as Architecture
const WAIT_MS = 60_000
const POLL_MS = 250

const dir = mkdtempSync(join(tmpdir(), 'sluice-upgrade-'))
const prefix = join(dir, 'prefix')
const stateDir = join(dir, 'agent')
const bundleDir = join(dir, 'bundles')
const processes: ChildProcess[] = []
let api = ''
let token = ''

before(async () => {
  await startControlPlane()
  await installAgent('0.1.0')
  await build('0.1.1')
})

after(async () => {
  // The launcher ends its agent.
  for (const child of processes.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  rmSync(dir, { recursive: true, force: true })
})

test('a good version is fetched, started, connected, and said to be done', async () => {
  const { id } = await call<UpgradeDetail>('POST', '/groups/idc/upgrades', { soakMs: 1_000 })
  const upgrade = await ended(id)
  assert.deepEqual([upgrade.state, upgrade.version], ['done', '0.1.1'], JSON.stringify(upgrade))
  const [agent] = upgrade.agents
  assert.deepEqual([agent?.state, agent?.turn, agent?.fromVersion], ['done', 0, '0.1.0'])
  assert.equal(readlinkSync(join(prefix, 'current')), 'releases/0.1.1')
  assert.equal(await agentVersion(), '0.1.1')
})

test('a version that does not start is rolled back on the host, and the upgrade halts', async () => {
  await layBrokenBundle('0.1.2')
  const { id } = await call<UpgradeDetail>('POST', '/agents/edge-1/upgrade', { soakMs: 1_000 })
  const upgrade = await ended(id)
  assert.equal(upgrade.state, 'halted', JSON.stringify(upgrade))
  assert.match(upgrade.message, /agent edge-1 rolled back: release 0\.1\.2 ended 3 times/)
  assert.equal(upgrade.agents[0]?.state, 'rolledBack')
  assert.equal(readlinkSync(join(prefix, 'current')), 'releases/0.1.1')
  assert.equal(await agentVersion(), '0.1.1')
  const cancelled = await call<UpgradeDetail>('POST', `/upgrades/${id}/cancel`)
  assert.equal(cancelled.state, 'cancelled')
  const { items } = await call<{ items: { kind: string; message: string }[] }>('GET', '/audit')
  assert(items.some(({ kind, message }) => kind === 'upgrade.changed' && /halted/.test(message)))
})

async function startControlPlane(): Promise<void> {
  const dataDir = join(dir, 'plane')
  mkdirSync(bundleDir)
  const args = [
    CONTROL_PLANE,
    `--data-dir=${dataDir}`,
    '--listen=127.0.0.1:0',
    '--link-listen=127.0.0.1:0',
    '--install-listen=off',
    `--bundle-dir=${bundleDir}`,
  ]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: quiet(),
  })
  processes.push(child)
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const ready = JSON.parse(line) as { api: string; link: string }
  api = `${ready.api}/api/v1`
  token = readFileSync(join(dataDir, 'admin.token'), 'utf8').trim()
  process.env['SLUICE_LINK'] = ready.link
}

/** As the installer does it: a release, `current`, a state directory, and the launcher. */
async function installAgent(version: string): Promise<void> {
  const { file } = await buildBundle({ arch: ARCH, outDir: dir, version })
  const release = join(prefix, 'releases', version)
  mkdirSync(release, { recursive: true })
  await run('tar', ['-xzf', join(dir, file), '-C', release])
  symlinkSync(join('releases', version), join(prefix, 'current'))
  await call('POST', '/groups', { name: 'idc' })
  const enrol = await call<{ token: string }>('POST', '/groups/idc/enrol-tokens', {})
  const command = join(prefix, 'current/bin/sluice-agent')
  const env = { ...quiet(), SLUICE_ENROL_TOKEN: enrol.token }
  await run(command, ['enrol', `--state-dir=${stateDir}`, '--name=edge-1'], { env })
  const args = ['launch', `--prefix=${prefix}`, `--state-dir=${stateDir}`]
  const launcher = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env: quiet() })
  processes.push(launcher)
  assert.equal(await agentVersion(), version)
}

async function build(version: string): Promise<void> {
  await buildBundle({ arch: ARCH, outDir: bundleDir, version })
}

/** The running release with another number, and code that ends at once. */
async function layBrokenBundle(version: string): Promise<void> {
  const release = join(dir, 'broken')
  await run('cp', ['-a', join(prefix, 'releases/0.1.1'), release])
  writeFileSync(join(release, 'lib/agent.mjs'), 'process.exit(1)\n')
  const about = JSON.parse(readFileSync(join(release, 'release.json'), 'utf8')) as object
  writeFileSync(join(release, 'release.json'), JSON.stringify({ ...about, version }))
  const archive = join(bundleDir, `broken-${version}.tar.gz`)
  await run('tar', ['-C', release, '-I', 'gzip -1', '-cf', archive, '.'])
  const sha256 = createHash('sha256').update(readFileSync(archive)).digest('hex')
  const info = { ...about, version, sha256, bytes: statSync(archive).size }
  writeFileSync(`${archive}.json`, JSON.stringify(info))
}

/** The upgrade, when it does not go on any more. */
async function ended(id: number): Promise<UpgradeDetail> {
  return until(async () => {
    const upgrade = await call<UpgradeDetail>('GET', `/upgrades/${id}`)
    return upgrade.state === 'running' || upgrade.state === 'waiting' ? null : upgrade
  })
}

/** Of the agent, as soon as it may be given work. */
async function agentVersion(): Promise<string> {
  return until(async () => {
    const { items } = await call<{
      items: { name: string; ready: boolean; facts: { agentVersion: string } }[]
    }>('GET', '/agents')
    const agent = items.find(({ name }) => name === 'edge-1')
    return agent?.ready === true ? agent.facts.agentVersion : null
  })
}

async function until<T>(look: () => Promise<T | null>): Promise<T> {
  const deadlineMs = Date.now() + WAIT_MS
  for (;;) {
    const seen = await look()
    if (seen !== null) return seen
    assert(Date.now() < deadlineMs, `nothing came within ${WAIT_MS} ms`)
    await delay(POLL_MS)
  }
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${api}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  assert(response.ok, `${method} ${path}: ${text}`)
  return JSON.parse(text) as T
}

/** What this test's own process was told is not for others. */
function quiet(): NodeJS.ProcessEnv {
  const {
    SLUICE_SUPERVISOR: _,
    SLUICE_STATE_DIR: __,
    SLUICE_ENROL_TOKEN: ___,
    ...env
  } = process.env
  return { ...env, LOG_LEVEL: 'warn', SLUICE_LOG_LEVEL: process.env['SLUICE_LOG_LEVEL'] ?? 'error' }
}
