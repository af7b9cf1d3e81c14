import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'

import { StoreError } from '../database.ts'
import type { Database } from '../database.ts'
import { jsonParam, jsonParamOrNull } from '../json-param.ts'
import { insertGroup } from '../resource-groups/insert-group.ts'
import { addGroup, newName } from './rows.ts'

export function valuesSuite(db: () => Database): void {
  test('values come back as the port promises', async () => {
    const [row] = await db().query(
      `SELECT $1::bigint AS "big", 7::bigint AS "bigLiteral", $2::integer AS "int",
              ARRAY[1, NULL, 2]::bigint[] AS "bigs", $3::bytea AS "bytes", $4::boolean AS "yes",
              $5::text AS "text", $6::uuid AS "uuid", NULL::bigint AS "nothing", count(*) AS "count",
              sum(5::bigint)::bigint AS "sum", 0.5::float8 AS "half"`,
      [
        Number.MAX_SAFE_INTEGER,
        -5,
        Uint8Array.of(0, 92, 255),
        true,
        'ä\n"\\',
        '7F000000-0000-4000-8000-000000000001',
      ],
    )
    assert.deepEqual(row, {
      big: Number.MAX_SAFE_INTEGER,
      bigLiteral: 7,
      int: -5,
      bigs: [1, null, 2],
      bytes: Uint8Array.of(0, 92, 255),
      yes: true,
      text: 'ä\n"\\',
      uuid: '7f000000-0000-4000-8000-000000000001',
      nothing: null,
      count: 1,
      sum: 5,
      half: 0.5,
    })
  })

  test('an integer that a number cannot hold is an error, and the store goes on', async () => {
    for (const value of ['9007199254740992', '-9007199254740992', '9223372036854775807']) {
      await assert.rejects(db().query(`SELECT '${value}'::bigint AS value`), (error) =>
        isStoreError(error, 'FAILED', value),
      )
    }
    assert.deepEqual(await db().query('SELECT 1 AS one'), [{ one: 1 }])
  })

  test('jsonb takes objects, arrays, strings and null alike', async () => {
    for (const value of [{ a: [1, { b: 'x"\\' }] }, [], [[1], 'a'], 'text', '', 5, false, null]) {
      const [row] = await db().query('SELECT $1::jsonb AS value', [jsonParam(value)])
      assert.deepEqual(row, { value })
    }
    const [row] = await db().query('SELECT $1::jsonb IS NULL AS "isNull"', [jsonParamOrNull(null)])
    assert.deepEqual(row, { isNull: true })
  })

  test('characters that jsonb cannot hold become U+FFFD, and escapes that look like them stay', async () => {
    const value = {
      'key\0': 'a\0b',
      lone: 'x\uD800y\uDC00',
      pair: '😀',
      literal: '\\u0000 \\ud800',
    }
    const [row] = await db().query('SELECT $1::jsonb AS value', [jsonParam(value)])
    assert.deepEqual(row, {
      value: {
        'key\uFFFD': 'a\uFFFDb',
        lone: 'x\uFFFDy\uFFFD',
        pair: '😀',
        literal: '\\u0000 \\ud800',
      },
    })
  })

  test('arrays as parameters keep every value', async () => {
    const texts = ['', 'NULL', 'a,b', '{"x"}', '\\', '\n', null]
    const bytes = [Uint8Array.of(), Uint8Array.of(0), Uint8Array.of(34, 92), null]
    const [row] = await db().query('SELECT $1::text[] AS texts', [texts])
    assert.deepEqual(row, { texts })
    const rows = await db().query('SELECT value FROM unnest($1::bytea[]) AS t (value)', [bytes])
    assert.deepEqual(
      rows,
      bytes.map((value) => ({ value })),
    )
  })

  test('a unique index that says no is a CONFLICT with its name', async () => {
    const { name } = await addGroup(db())
    await assert.rejects(
      insertGroup(db(), { name, description: '', createdAtMs: 1 }),
      (error) =>
        isStoreError(error, 'CONFLICT', name.slice(0, 0)) &&
        (error as StoreError).constraint === 'resource_groups_name_key',
    )
  })

  test('a foreign key that says no is a CONFLICT with its name', async () => {
    const insert = db().query(
      `INSERT INTO enrol_tokens (token_hash, group_id, created_at_ms, expires_at_ms)
       VALUES ($1, -1, 0, 0)`,
      [newName('token')],
    )
    await assert.rejects(
      insert,
      (error) =>
        isStoreError(error, 'CONFLICT', '') &&
        (error as StoreError).constraint === 'enrol_tokens_group_id_fkey',
    )
  })

  test('a wrong statement is FAILED, and neither the error nor its cause shows the parameters', async () => {
    const secret = 'hunter2-in-a-parameter'
    await assert.rejects(
      db().query('SELECT nothing FROM nowhere WHERE a = $1', [secret]),
      (error) => {
        assert(isStoreError(error, 'FAILED', 'nowhere'))
        return !inspect(error, { depth: 10, showHidden: true }).includes(secret)
      },
    )
  })
}

export function isStoreError(error: unknown, code: StoreError['code'], part: string): boolean {
  return error instanceof StoreError && error.code === code && error.message.includes(part)
}
