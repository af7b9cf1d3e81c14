import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Backend } from '../backend.ts'
import { migrate } from '../migrate.ts'
import type { Migration } from '../migrate.ts'
import { isStoreError } from './values.suite.ts'

const FIRST = { version: 1, sql: 'CREATE TABLE a (x integer); INSERT INTO a VALUES (1);' }
const SECOND = { version: 2, sql: 'CREATE TABLE b (x integer); INSERT INTO a VALUES (2);' }
const BROKEN = { version: 2, sql: 'CREATE TABLE b (x integer); INSERT INTO nowhere VALUES (2);' }

/** `open` opens an empty store of its own for each test. */
export function migrateSuite(open: () => Promise<Backend>): void {
  async function withStore(work: (backend: Backend) => Promise<void>): Promise<void> {
    const backend = await open()
    try {
      await work(backend)
    } finally {
      await backend.close()
    }
  }
  const rowsOfA = (backend: Backend) => backend.query('SELECT x FROM a ORDER BY x')

  test('migrations are applied once each, in order, also when they come later', () =>
    withStore(async (backend) => {
      assert.deepEqual(await migrate(backend, [FIRST]), [1])
      assert.deepEqual(await migrate(backend, [FIRST]), [])
      assert.deepEqual(await migrate(backend, [FIRST, SECOND]), [2])
      assert.deepEqual(await rowsOfA(backend), [{ x: 1 }, { x: 2 }])
    }))

  test('a migration that fails leaves the store at the version before', () =>
    withStore(async (backend) => {
      const failed = migrate(backend, [FIRST, BROKEN])
      await assert.rejects(failed, (error) => isStoreError(error, 'FAILED', 'nowhere'))
      assert.deepEqual(await rowsOfA(backend), [{ x: 1 }])
      assert.deepEqual(await migrate(backend, [FIRST, SECOND]), [2])
    }))

  test('a store newer than the code is refused and left alone', () =>
    withStore(async (backend) => {
      await migrate(backend, [FIRST, SECOND])
      const older = migrate(backend, [FIRST])
      await assert.rejects(older, (error) => isStoreError(error, 'FAILED', 'schema version 2'))
      assert.deepEqual(await rowsOfA(backend), [{ x: 1 }, { x: 2 }])
    }))

  test('a store that another text of a migration made is refused', () =>
    withStore(async (backend) => {
      await migrate(backend, [FIRST])
      const other: Migration = { version: 1, sql: `${FIRST.sql} -- edited` }
      await assert.rejects(migrate(backend, [other, SECOND]), (error) =>
        isStoreError(error, 'FAILED', 'another build'),
      )
    }))

  test('two starts at once apply each migration once', () =>
    withStore(async (backend) => {
      const both = await Promise.all([
        migrate(backend, [FIRST, SECOND]),
        migrate(backend, [FIRST, SECOND]),
      ])
      assert.deepEqual(
        both.flat().sort((a, b) => a - b),
        [1, 2],
      )
      assert.deepEqual(await rowsOfA(backend), [{ x: 1 }, { x: 2 }])
    }))
}
