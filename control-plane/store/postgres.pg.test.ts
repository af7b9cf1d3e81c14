import { after, before } from 'node:test'

// oxlint-disable-next-line no-restricted-imports -- a test may start the processes that it needs
import { startPostgresServer, type PostgresServer } from '../../test/postgres-server.ts'
import type { OpenDatabase } from './database.ts'
import { openStore } from './open-store.ts'
import { storeSuite } from './store.suite.ts'

let server: PostgresServer
let db: OpenDatabase
before(async () => {
  server = await startPostgresServer()
  db = await openStore({ dataDir: '', databaseUrl: await server.createDatabase() })
})
after(async () => {
  await db.close()
  await server.stop()
})

storeSuite(() => db)
