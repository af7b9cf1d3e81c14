import { after, before } from 'node:test'

import { storeSuite } from './store.suite.ts'
import { openTestStore } from './test-store.ts'
import type { TestStore } from './test-store.ts'

let store: TestStore
before(async () => {
  store = await openTestStore()
})
after(() => store.remove())

storeSuite(() => store.db)
