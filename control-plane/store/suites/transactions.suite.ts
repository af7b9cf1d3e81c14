import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Database } from '../database.ts'
import { findGroupByName } from '../resource-groups/find-group-by-name.ts'
import { insertGroup } from '../resource-groups/insert-group.ts'
import { fenced, takeOver } from '../take-over.ts'
import { newName } from './rows.ts'
import { isStoreError } from './values.suite.ts'

export function transactionsSuite(db: () => Database): void {
  const insert = (on: Database, name: string) =>
    insertGroup(on, { name, description: '', createdAtMs: 1 })
  const isThere = async (name: string) => (await findGroupByName(db(), name)) !== null

  test('a transaction is kept as a whole, and answers with what its work returned', async () => {
    const names = [newName('group'), newName('group')]
    const answer = await db().transaction(async (tx) => {
      for (const name of names) await insert(tx, name)
      return 'done'
    })
    assert.equal(answer, 'done')
    assert.deepEqual(await Promise.all(names.map(isThere)), [true, true])
  })

  test('work that throws leaves nothing, and its own error comes out', async () => {
    const name = newName('group')
    const thrown = new Error('of the work')
    const transaction = db().transaction(async (tx) => {
      await insert(tx, name)
      throw thrown
    })
    await assert.rejects(transaction, (error) => error === thrown)
    assert.equal(await isThere(name), false)
  })

  test('a transaction whose work hides a failed statement is refused, not half kept', async () => {
    const name = newName('group')
    const transaction = db().transaction(async (tx) => {
      await insert(tx, name)
      await insert(tx, name).catch(() => {})
    })
    await assert.rejects(transaction, (error) => isStoreError(error, 'FAILED', 'rolled back'))
    assert.equal(await isThere(name), false)
  })

  test('a nested transaction is undone alone', async () => {
    const [outer, inner, after] = [newName('group'), newName('group'), newName('group')] as const
    await db().transaction(async (tx) => {
      await insert(tx, outer)
      const nested = tx.transaction(async (savepoint) => {
        await insert(savepoint, inner)
        await insert(savepoint, outer)
      })
      await assert.rejects(nested, (error) => isStoreError(error, 'CONFLICT', ''))
      await tx.transaction((savepoint) => insert(savepoint, after))
    })
    assert.deepEqual(await Promise.all([outer, inner, after].map(isThere)), [true, false, true])
  })

  test('the outer database is refused inside its own transaction, and works after it', async () => {
    const refused = (error: unknown) => isStoreError(error, 'FAILED', 'inside a transaction')
    await db().transaction(async (tx) => {
      await assert.rejects(db().query('SELECT 1'), refused)
      await assert.rejects(
        db().transaction(async () => {}),
        refused,
      )
      assert.deepEqual(await tx.query('SELECT 1 AS one'), [{ one: 1 }])
    })
    assert.deepEqual(await db().query('SELECT 1 AS one'), [{ one: 1 }])
  })

  test('the database of a transaction is dead when the transaction is over', async () => {
    const kept = await db().transaction(async (tx) => tx)
    await assert.rejects(kept.query('SELECT 1'), (error) => isStoreError(error, 'FAILED', 'end'))
  })

  test('statements and transactions at once do not mix', async () => {
    const names = Array.from({ length: 20 }, () => newName('group'))
    await Promise.all(
      names.map(async (name, index) => {
        const work = async (tx: Database) => {
          await insert(tx, name)
          if (index % 2 === 1) throw new Error('odd')
        }
        await db()
          .transaction(work)
          .catch(() => {})
      }),
    )
    assert.deepEqual(
      await Promise.all(names.map(isThere)),
      names.map((_, index) => index % 2 === 0),
    )
  })

  test('each take-over has a greater epoch and fences the one before', async () => {
    const older = await takeOver(db(), 1_000)
    assert.equal(await fenced(db(), older, async () => 'mine'), 'mine')
    const newer = await takeOver(db(), 2_000)
    assert.equal(newer, older + 1)
    const name = newName('late')
    const late = fenced(db(), older, (tx) => insert(tx, name))
    await assert.rejects(late, (error) => isStoreError(error, 'FENCED', `epoch ${newer}`))
    assert.equal(await isThere(name), false)
    const broken = fenced(db(), older, () => Promise.reject(new Error('of the work')))
    await assert.rejects(broken, (error) => isStoreError(error, 'FENCED', `epoch ${newer}`))
    let done = false
    const good = await fenced(
      db(),
      newer,
      async () => 'mine',
      () => (done = true),
    )
    assert.deepEqual([good, done], ['mine', true])
  })
}
