import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { readConfig } from './config.ts'
import { lockStateDir } from './state-lock.ts'

test('flags stand before the environment, and both before defaults', async () => {
  const env = {
    SLUICE_STATE_DIR: '/var/lib/a',
    SLUICE_CHANNELS: '8',
    SLUICE_ENROL_TOKEN: 'from-env',
  }
  const config = await readConfig({ channels: '2', link: '[::1]:7443' }, env)
  assert.equal(config.stateDir, '/var/lib/a')
  assert.equal(config.channels, 2)
  assert.equal(config.token, 'from-env')
  assert.deepEqual(config.server, { host: '::1', port: 7443 })
  assert.equal((await readConfig({}, { SLUICE_STATE_DIR: '/a' })).channels, null)
  assert.equal((await readConfig({ channels: 'auto' }, env)).channels, null)
})

test('the token may come from a file', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-config-'))
  t.after(() => rm(dir, { recursive: true }))
  await writeFile(join(dir, 'token'), 'secret.pin\n')
  const config = await readConfig({ stateDir: dir, tokenFile: join(dir, 'token') }, {})
  assert.equal(config.token, 'secret.pin')
})

test('a wrong setting is named', async () => {
  const cases = [
    [{}, /--state-dir is missing/],
    [{ stateDir: 'a', link: 'host' }, /give host:port/],
    [{ stateDir: 'a', link: 'host:99999' }, /give host:port/],
    [{ stateDir: 'a', channels: '0' }, /--channels "0": give a whole number from 1 to 256/],
    [{ stateDir: 'a', logLevel: 'loud' }, /--log-level "loud"/],
    [{ stateDir: 'a', token: 'x', tokenFile: 'y' }, /not both/],
    [{ stateDir: 'a', tokenFile: '/nonexistent' }, /--token-file cannot be read/],
  ] as const
  for (const [flags, message] of cases) await assert.rejects(readConfig(flags, {}), message)
})

test('a state directory has one agent process, and is free again after it', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-lock-'))
  t.after(() => rm(dir, { recursive: true }))
  const unlock = await lockStateDir(dir)
  await assert.rejects(lockStateDir(dir), /another agent process runs with --state-dir/)
  unlock()
  const again = await lockStateDir(dir)
  again()
})
