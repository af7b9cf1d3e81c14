import assert from 'node:assert/strict'
import { createHash, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { openReleaseKey } from '../tls/release-key.ts'
import { BundleLibrary } from './bundle-library.ts'

const dir = mkdtempSync(join(tmpdir(), 'sluice-bundles-'))
after(() => rmSync(dir, { recursive: true }))

function lay(name: string, over: Readonly<Record<string, unknown>> = {}): string {
  const content = `archive ${name}`
  const sha256 = createHash('sha256').update(content).digest('hex')
  const builtAt = '2026-11-01T00:00:00.000Z'
  const info = { version: '1.0.0', os: 'linux', arch: 'x64', sha256, bytes: content.length }
  writeFileSync(join(dir, `${name}.tar.gz`), content)
  writeFileSync(join(dir, `${name}.tar.gz.json`), JSON.stringify({ ...info, builtAt, ...over }))
  return sha256
}

test('bundles are listed, the newest version first, and what is damaged or half copied is not', async () => {
  const key = await openReleaseKey(join(dir, 'key'))
  const library = new BundleLibrary({ dir, key, build: null })
  assert.deepEqual(
    await new BundleLibrary({ dir: join(dir, 'nowhere'), key, build: null }).list(),
    [],
  )
  lay('first')
  const rebuilt = lay('rebuilt', { builtAt: '2026-11-02T00:00:00.000Z' })
  lay('arm', { arch: 'arm64' })
  lay('newer', { version: '1.10.0' })
  lay('half', { version: '2.0.0', bytes: 1 })
  lay('path', { version: '../../etc' })
  lay('vax', { version: '3.0.0', arch: 'vax' })
  writeFileSync(join(dir, 'broken.tar.gz.json'), '{')
  const listed = (await library.list()).map(({ version, arch }) => `${version} ${arch}`)
  assert.deepEqual(listed, ['1.10.0 x64', '1.0.0 arm64', '1.0.0 x64'])
  const found = await library.find('1.0.0', 'x64')
  assert(found !== null)
  assert.equal(found.sha256, rebuilt)
  assert.equal((await library.findByHash(rebuilt))?.path, join(dir, 'rebuilt.tar.gz'))
  assert.equal(await library.find('2.0.0', 'x64'), null)
  assert.equal(await library.findByHash('0'.repeat(64)), null)
  const { manifest, signature } = library.sign(found)
  assert(verify(null, Buffer.from(manifest), key.publicKeyPem, signature))
  assert.deepEqual({ ...JSON.parse(manifest), path: found.path }, found)
})
