import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

// oxlint-disable-next-line no-restricted-imports -- a test may start the processes that it needs
import { startPostgresServer, type PostgresServer } from '../../test/postgres-server.ts'
import type { OpenDatabase } from './database.ts'
import { openStore } from './open-store.ts'
import { openPostgres } from './postgres.ts'
import { storeSuite } from './store.suite.ts'
import { migrateSuite } from './suites/migrate.suite.ts'
import { isStoreError } from './suites/values.suite.ts'
import { fenced, takeOver } from './take-over.ts'

let server: PostgresServer
let urlOfDb: string
let db: OpenDatabase
before(async () => {
  server = await startPostgresServer()
  urlOfDb = await server.createDatabase()
  db = await openStore({ dataDir: '', databaseUrl: urlOfDb })
})
after(async () => {
  await db.close()
  await server.stop()
})

storeSuite(() => db)

suite('migrations', () => migrateSuite(async () => openPostgres(await server.createDatabase())))

test('many processes may start at once on an empty database', async (t) => {
  const databaseUrl = await server.createDatabase()
  const stores = await Promise.all(
    Array.from({ length: 4 }, () => openStore({ dataDir: '', databaseUrl })),
  )
  t.after(() => Promise.all(stores.map((store) => store.close())))
  const epochs = await Promise.all(stores.map((store) => takeOver(store, 1)))
  assert.deepEqual(
    epochs.sort((a, b) => a - b),
    [1, 2, 3, 4],
  )
})

test('a take-over cannot overtake a fenced transaction', async () => {
  const epoch = await takeOver(db, 1)
  await fenced(db, epoch, async (tx) => {
    await tx.query('SELECT 1') // comes after the lock
    const other = await openPostgres(urlOfDb)
    const impatient = other.transaction(async (tx) => {
      await tx.query(`SET LOCAL lock_timeout = '20ms'`)
      await takeOver(tx, 2)
    })
    await assert.rejects(impatient, (error) => isStoreError(error, 'FAILED', 'lock timeout'))
    await other.close()
  })
})

test('statements of a transaction that are said at once come in their order, and the driver has nothing to say', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  await db.query('CREATE TABLE said (x integer, no serial)')
  const rows = await db.transaction(async (tx) => {
    const said = [1, 2, 3, 4].map((x) => tx.query('INSERT INTO said (x) VALUES ($1)', [x]))
    await Promise.all(said)
    return tx.query<{ x: number }>('SELECT x FROM said ORDER BY no')
  })
  assert.deepEqual(
    rows.map(({ x }) => x),
    [1, 2, 3, 4],
  )
  await new Promise(setImmediate) // warnings come in a turn of their own
  assert.deepEqual(warnings, [])
})

test('a connection that is cut in a transaction is UNAVAILABLE, keeps nothing, and is replaced', async () => {
  await db.query('CREATE TABLE cut (x integer)')
  const transaction = db.transaction(async (tx) => {
    await tx.query('INSERT INTO cut VALUES (1)')
    await tx.query('SELECT pg_terminate_backend(pg_backend_pid())')
  })
  await assert.rejects(transaction, (error) => isStoreError(error, 'UNAVAILABLE', 'PostgreSQL at'))
  assert.deepEqual(await db.query('SELECT x FROM cut'), [])
})

test('a server that is not there is UNAVAILABLE, and the error does not show the password', async () => {
  const open = openStore({
    dataDir: '',
    databaseUrl: 'postgres://someone:hunter2@127.0.0.1:1/sluice',
  })
  await assert.rejects(
    open,
    (error) =>
      isStoreError(error, 'UNAVAILABLE', 'PostgreSQL at 127.0.0.1:1/sluice') &&
      !String(error).includes('hunter2'),
  )
})

test('a database that does not exist is refused by its name', async () => {
  const url = new URL(urlOfDb)
  url.pathname = '/nowhere'
  await assert.rejects(openStore({ dataDir: '', databaseUrl: url.href }), (error) =>
    isStoreError(error, 'FAILED', 'nowhere'),
  )
})

test('a closed store says so', async () => {
  const other = await openPostgres(urlOfDb)
  await other.close()
  await other.close()
  await assert.rejects(other.query('SELECT 1'), (error) =>
    isStoreError(error, 'UNAVAILABLE', 'closed'),
  )
})
