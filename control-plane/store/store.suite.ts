/** What every backend must do, statement by statement; run by one test file for each backend. */
import { suite } from 'node:test'

import type { Database } from './database.ts'
import { agentCopiesSuite } from './suites/agent-copies.suite.ts'
import { agentsSuite } from './suites/agents.suite.ts'
import { auditSuite } from './suites/audit.suite.ts'
import { batchesSuite } from './suites/batches.suite.ts'
import { beatsSuite } from './suites/beats.suite.ts'
import { connectivitySuite } from './suites/connectivity.suite.ts'
import { enrolmentSuite } from './suites/enrolment.suite.ts'
import { groupsSuite } from './suites/groups.suite.ts'
import { jobsSuite } from './suites/jobs.suite.ts'
import { recordsSuite } from './suites/records.suite.ts'
import { runsSuite } from './suites/runs.suite.ts'
import { transactionsSuite } from './suites/transactions.suite.ts'
import { upgradesSuite } from './suites/upgrades.suite.ts'
import { valuesSuite } from './suites/values.suite.ts'

/** `db` is called when the tests run: the store may be opened by then. */
export function storeSuite(db: () => Database): void {
  suite('values and errors', () => valuesSuite(db))
  suite('transactions', () => transactionsSuite(db))
  suite('agents', () => agentsSuite(db))
  suite('copies of agents', () => agentCopiesSuite(db))
  suite('many agents at once', () => batchesSuite(db))
  suite('beats and samples', () => beatsSuite(db))
  suite('enrolment', () => enrolmentSuite(db))
  suite('groups and API tokens', () => groupsSuite(db))
  suite('audit events', () => auditSuite(db))
  suite('jobs and data sources', () => jobsSuite(db))
  suite('connectivity tests', () => connectivitySuite(db))
  suite('runs', () => runsSuite(db))
  suite('upgrades', () => upgradesSuite(db))
  suite('log lines, dirty records', () => recordsSuite(db))
}
