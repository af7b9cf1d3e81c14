import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { layDownRelease } from './unpack.ts'

const dir = mkdtempSync(join(tmpdir(), 'sluice-unpack-'))
after(() => rmSync(dir, { recursive: true }))

const prefix = join(dir, 'prefix')
mkdirSync(join(prefix, 'releases/1.0.0'), { recursive: true })

/** A release whose runtime is a script; `spoil` changes it before it is packed. */
function archive(name: string, spoil: (tree: string) => void = () => {}, extra: string[] = []) {
  const tree = join(dir, name)
  mkdirSync(join(tree, 'bin'), { recursive: true })
  writeFileSync(join(tree, 'release.json'), JSON.stringify({ version: '1.1.0', arch: 'x64' }))
  writeFileSync(join(tree, 'bin/node'), '#!/bin/sh\nexit 0\n')
  chmodSync(join(tree, 'bin/node'), 0o755)
  spoil(tree)
  const path = join(dir, `${name}.tar.gz`)
  execFileSync('tar', ['-C', tree, ...extra, '-czf', path, '.'])
  return path
}

function layDown(path: string): Promise<void> {
  return layDownRelease({ archive: path, prefix, version: '1.1.0', arch: 'x64' })
}

test('a release lies whole beside the running one, also where an older try has left something', async () => {
  mkdirSync(join(prefix, 'releases/1.1.0'))
  writeFileSync(join(prefix, 'releases/1.1.0/rest'), '')
  mkdirSync(join(prefix, 'releases/.incoming'))
  await layDown(archive('good'))
  assert.deepEqual(readdirSync(join(prefix, 'releases')).sort(), ['1.0.0', '1.1.0'])
  assert.deepEqual(readdirSync(join(prefix, 'releases/1.1.0')).sort(), ['bin', 'release.json'])
  assert.match(readFileSync(join(prefix, 'releases/1.1.0/bin/node'), 'utf8'), /exit 0/)
  rmSync(join(prefix, 'releases/1.1.0'), { recursive: true })
})

test('what is not a good release is refused by name, and nothing is left behind', async () => {
  const outside = join(dir, 'outside')
  const rename = ['--transform', 's|^./bin/node|../../outside|', '-P']
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      archive('link', (tree) => symlinkSync('/etc', join(tree, 'etc'))),
      /neither file nor directory/,
    ],
    [archive('escape', () => {}, rename), /"\.\.\/\.\.\/outside", which leads out of it/],
    [
      archive('other', (tree) => {
        writeFileSync(join(tree, 'release.json'), JSON.stringify({ version: '9.9.9', arch: 'x64' }))
      }),
      /holds 9\.9\.9 for x64, its manifest says 1\.1\.0 for x64/,
    ],
    [
      archive('broken', (tree) => writeFileSync(join(tree, 'bin/node'), '#!/bin/sh\nexit 3\n')),
      /cannot be laid down/,
    ],
    [join(dir, 'nowhere.tar.gz'), /cannot be laid down/],
  ]
  for (const [path, expected] of cases) {
    await assert.rejects(layDown(path), expected)
    assert.deepEqual(readdirSync(join(prefix, 'releases')), ['1.0.0'])
    assert.equal(existsSync(outside), false)
  }
})
