import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { type ArchiveFile, tarArchive } from './tar-archive.ts'

const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5)
const files: readonly ArchiveFile[] = [
  { path: 'b/run.sh', content: Buffer.from('echo hi\n'), isExecutable: true },
  { path: 'a.txt', content: Buffer.alloc(1_500, 'x'), isExecutable: false },
  { path: 'empty', content: new Uint8Array(), isExecutable: false },
]

test('tar unpacks it: content, mode, time', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-tar-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const archive = Buffer.concat([...tarArchive(files, AT_MS)])
  execFileSync('tar', ['-x', '-C', dir], { input: archive })
  for (const { path, content, isExecutable } of files) {
    assert.deepEqual(readFileSync(join(dir, path)), Buffer.from(content))
    const { mode, mtimeMs } = statSync(join(dir, path))
    assert.equal((mode & 0o100) !== 0, isExecutable)
    assert.equal(mtimeMs, AT_MS)
  }
})

test('the same files make the same bytes, in whatever order they come', () => {
  const [one, other] = [files, files.toReversed()].map((list) =>
    Buffer.concat([...tarArchive(list, AT_MS)]),
  )
  assert.deepEqual(one, other)
})

test('a path that does not fit is refused', () => {
  const long = { path: 'x'.repeat(101), content: new Uint8Array(), isExecutable: false }
  assert.throws(() => [...tarArchive([long], AT_MS)], /at most 100 bytes/)
})
