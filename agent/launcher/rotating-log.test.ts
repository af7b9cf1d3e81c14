import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { RotatingLog } from './rotating-log.ts'

test('full files move on, and the oldest goes', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-log-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const path = join(dir, 'agent.log')
  const log = new RotatingLog({ path, bytesMax: 10, filesKept: 2 })
  for (const line of ['one\n', 'two\n', 'three\n', 'four\n', 'five\n', 'six\n', 'seven\n']) {
    log.write(line)
  }
  log.close()
  assert.deepEqual(readdirSync(dir).sort(), ['agent.log', 'agent.log.1', 'agent.log.2'])
  assert.equal(readFileSync(path, 'utf8'), 'six\nseven\n')
  assert.equal(readFileSync(`${path}.1`, 'utf8'), 'four\nfive\n')
  assert.equal(readFileSync(`${path}.2`, 'utf8'), 'three\n')
})
