import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

import { readMigrations } from './migrate.ts'

test('migrations are read in the order of their numbers, and a gap is an error', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-migrations-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const url = pathToFileURL(`${folder}/`)
  mkdirSync(join(folder, 'notes'))
  writeFileSync(join(folder, '000002.sql'), 'second')
  writeFileSync(join(folder, '000001.sql'), 'first')
  assert.deepEqual(readMigrations(url), [
    { version: 1, sql: 'first' },
    { version: 2, sql: 'second' },
  ])
  writeFileSync(join(folder, '000004.sql'), 'fourth')
  assert.throws(() => readMigrations(url), /000004\.sql/)
})

test('the released migrations are complete', () => {
  const migrations = readMigrations(new URL('migrations/', import.meta.url))
  assert(migrations.length > 0)
})
