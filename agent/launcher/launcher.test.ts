import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { systemClock } from '../../lib/clock.ts'
import { connectedVersion } from './health.ts'
import { startLauncher } from './launcher.ts'
import { currentRelease, pruneReleases, switchRelease } from './releases.ts'
import { readUpgradeFile, type UpgradeFile, writeUpgradeFile } from './upgrade-file.ts'

/** Real processes, shell scripts in the agent's place, and a clock on which waits are over at once. */
async function installed(t: TestContext, releases: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), 'sluice-launcher-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  const prefix = join(root, 'prefix')
  const stateDir = join(root, 'state')
  await mkdir(stateDir)
  for (const [name, script] of Object.entries(releases)) {
    const bin = join(prefix, 'releases', name, 'bin')
    await mkdir(bin, { recursive: true })
    await writeFile(join(prefix, 'releases', name, 'release.json'), '{}')
    await writeFile(join(bin, 'sluice-agent'), `#!/bin/sh\nset -u\nstate=${stateDir}\n${script}\n`)
    await chmod(join(bin, 'sluice-agent'), 0o755)
  }
  await switchRelease(prefix, Object.keys(releases)[0] ?? '')
  const said: string[] = []
  const launcher = startLauncher({
    clock: { ...systemClock, after: (delayMs, run) => systemClock.after(delayMs / 50, run) },
    stateDir,
    command: () => ({ file: join(prefix, 'current/bin/sluice-agent'), args: [] }),
    env: { PATH: '/usr/bin:/bin' },
    output: () => {},
    say: (message) => void said.push(message),
    switchRelease: (release) => switchRelease(prefix, release),
    pruneReleases: (keep) => pruneReleases(prefix, keep),
    recordUpgrade: (upgrade) => writeUpgradeFile(stateDir, upgrade),
    connectedVersion: () => connectedVersion(stateDir),
    planeAnswers: async () => true,
  })
  return { prefix, stateDir, launcher, said }
}

const upgrade: UpgradeFile = {
  upgradeId: 1,
  from: '1.0.0',
  to: '1.1.0',
  healthMs: 60_000,
  phase: 'trial',
}
const ORDER = `
if [ ! -e $state/upgrade.json ]; then
  printf '%s' '${JSON.stringify(upgrade)}' > $state/upgrade.json
  exit 75
fi
echo done > $state/old-runs-again
exec sleep 60`

async function until(check: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await check()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.fail('it did not come to it')
}

test('a release that connects stays, and releases older than the one before it are gone', async (t) => {
  const connected = `printf '{"connected":true,"version":"1.1.0"}' > $state/status.json; exec sleep 60`
  const host = await installed(t, { '1.0.0': ORDER, '1.1.0': connected, '0.9.0': 'exit 1' })
  await until(async () => (await readUpgradeFile(host.stateDir))?.phase === 'done')
  assert.equal(await currentRelease(host.prefix), '1.1.0')
  await until(async () => (await readdir(join(host.prefix, 'releases'))).length === 2)
  host.launcher.stop()
  assert.equal(await host.launcher.done, 0)
})

test('a release that crashes goes, and the one before it runs again', async (t) => {
  const host = await installed(t, { '1.0.0': ORDER, '1.1.0': 'exit 3' })
  await until(async () => (await readdir(host.stateDir)).includes('old-runs-again'))
  assert.equal(await currentRelease(host.prefix), '1.0.0')
  const file = await readUpgradeFile(host.stateDir)
  assert.equal(file?.phase, 'rolledBack')
  assert.match(file.why ?? '', /3 times/)
  host.launcher.stop()
  assert.equal(await host.launcher.done, 0)
})

test('a release that is not there leaves the one that is', async (t) => {
  const host = await installed(t, { '1.0.0': ORDER })
  await until(async () => (await readdir(host.stateDir)).includes('old-runs-again'))
  assert.ok(host.said.some((line) => /^switch failed: .*1\.1\.0/.test(line)))
  host.launcher.stop()
  assert.equal(await host.launcher.done, 0)
})

test('an agent that ends with 78 is not started again', async (t) => {
  const host = await installed(t, { '1.0.0': 'exit 78' })
  assert.equal(await host.launcher.done, 78)
})
