import { rmSync } from 'node:fs'
import { after, before, suite } from 'node:test'

import type { Backend } from './backend.ts'
import { openEmbedded } from './embedded.ts'
import { storeSuite } from './store.suite.ts'
import { migrateSuite } from './suites/migrate.suite.ts'
import { newTestDataDir, openTestStore } from './test-store.ts'
import type { TestStore } from './test-store.ts'

let store: TestStore
before(async () => {
  store = await openTestStore()
})
after(() => store.remove())

storeSuite(() => store.db)

suite('migrations', () => {
  let dataDir: string
  before(async () => {
    dataDir = await newTestDataDir()
  })
  after(() => rmSync(dataDir, { recursive: true, force: true }))

  /** To make a store takes seconds: this one is emptied instead. */
  async function emptyStore(): Promise<Backend> {
    const backend = await openEmbedded(dataDir)
    await backend.scriptTransaction((tx) =>
      tx.script('DROP SCHEMA public CASCADE; CREATE SCHEMA public'),
    )
    return backend
  }
  migrateSuite(emptyStore)
})
