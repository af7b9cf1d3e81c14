import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { writeDurably } from './durable-file.ts'

test(
  'what does not fit on the disk leaves the old file and no half of a new one',
  { skip: process.getuid?.() !== 0 && 'mounting a small disk needs root' },
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'sluice-durable-'))
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir])
    assert.equal(mounted.status, 0, String(mounted.stderr))
    t.after(() => {
      spawnSync('umount', [dir])
      rmSync(dir, { recursive: true })
    })
    const path = join(dir, 'file')
    await writeDurably(path, 'old')
    await assert.rejects(writeDurably(path, Buffer.alloc(200_000)), { code: 'ENOSPC' })
    assert.deepEqual(readdirSync(dir), ['file'])
    assert.equal(readFileSync(path, 'utf8'), 'old')
    await writeDurably(path, 'new')
    assert.equal(readFileSync(path, 'utf8'), 'new')
  },
)
