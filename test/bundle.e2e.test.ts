/** The bundle on its own: what is unpacked needs nothing of the machine but its C library. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { arch, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { buildBundle, type BundleInfo } from '../install/bundle/build-bundle.ts'
import type { Architecture } from '../install/bundle/native-parts.ts'

/** Built ones are found again here. */
const OUT_DIR = fileURLToPath(new URL('../.cache/bundles', import.meta.url))
/** The least that a shell script gets along with. */
const BARE = { PATH: '/usr/bin:/bin' }
const BYTES_MAX = 64_000_000

const dir = mkdtempSync(join(tmpdir(), 'sluice-bundle-'))
const command = join(dir, 'bin/sluice-agent')
let info: BundleInfo

before(async () => {
  info = await buildBundle({ arch: arch() as Architecture, outDir: OUT_DIR, version: '9.8.7' })
  execFileSync('tar', ['-xzf', join(OUT_DIR, info.file), '-C', dir])
})

after(() => rmSync(dir, { recursive: true, force: true }))

test('it says its version without anything in its environment', () => {
  assert.equal(execFileSync(command, ['--version'], { env: BARE }).toString(), '9.8.7\n')
  const release = JSON.parse(readFileSync(join(dir, 'release.json'), 'utf8')) as BundleInfo
  assert.deepEqual([release.version, release.arch], ['9.8.7', arch()])
})

test('its doctor looks at the host, and says what is missing for more', () => {
  const args = ['doctor', '--json', '--state-dir', join(dir, 'state')]
  const { status, stdout } = spawnSync(command, args, { env: BARE })
  assert.equal(status, 1, 'there is no control plane')
  const { checks } = JSON.parse(stdout.toString()) as { checks: { name: string }[] }
  const names = checks.map(({ name }) => name)
  assert.deepEqual(names, ['architecture', 'libc', 'init', 'memory', 'disk', 'identity', 'link'])
})

test('it is small enough to carry, has the licences, and nothing of the control plane', () => {
  assert.ok(info.bytes < BYTES_MAX, `${info.bytes} bytes`)
  const listed = execFileSync('tar', ['-tzf', join(OUT_DIR, info.file)]).toString()
  for (const path of ['licenses/node.txt', 'licenses/packages.txt', 'install/uninstall.sh']) {
    assert.ok(listed.includes(`${path}\n`), path)
  }
  const code = listed.split('\n').filter((path) => path.endsWith('.mjs'))
  for (const path of code) {
    assert.doesNotMatch(readFileSync(join(dir, path), 'utf8'), /\/\/ control-plane\//, path)
  }
})

test('the same sources are the same bundle, found again by their content', async () => {
  const again = await buildBundle({ arch: info.arch, outDir: OUT_DIR, version: '9.8.7' })
  assert.deepEqual(again, info)
})
