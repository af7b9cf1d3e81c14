/** Puts the parts of connectivity/ together: what wiring/ opens. */
import type { Logger } from 'pino'

import type { Clock } from '../../lib/clock.ts'
import type { AgentRequests } from '../run/agent-requests.ts'
import type { ReadyAgent } from '../run/link-port.ts'
import { createStoredJobs } from '../run/stored-jobs.ts'
import type { SecretKey } from '../secrets/seal.ts'
import { listGroupDatasources } from '../store/connectivity-tests/list-group-datasources.ts'
import { listLatestConnectivityTests } from '../store/connectivity-tests/list-latest-connectivity-tests.ts'
import type { Database } from '../store/database.ts'
import { listDatasources } from '../store/datasources/list-datasources.ts'
import { Connectivity } from './connectivity.ts'
import { Matrix } from './matrix.ts'
import { Tester } from './tester.ts'

export interface OpenConnectivityOptions {
  readonly db: Database
  readonly key: SecretKey
  readonly ask: AgentRequests['ask']
  readonly readyAgents: () => readonly ReadyAgent[]
  /** Of jobs that name none. */
  readonly defaultGroup: string
  readonly defaultTimeZone: string
  /** 0: only on demand, and before runs. */
  readonly intervalMs: number
  readonly clock: Clock
  readonly log: Logger
}

/** Reads the newest result of every pair. */
export async function openConnectivity(options: OpenConnectivityOptions): Promise<Connectivity> {
  const { db, clock, log } = options
  const matrix = new Matrix()
  for (const { name, id, version } of await listDatasources(db)) {
    matrix.setSource(name, { id, version })
  }
  const everything = { groupName: null, agentIds: null, datasourceName: null }
  matrix.load(await listLatestConnectivityTests(db, everything))
  const sources = createStoredJobs(db, options.key, options.defaultTimeZone)
  const nowMs = (): number => clock.nowMs()
  return new Connectivity({
    matrix,
    tester: new Tester({ db, sources, matrix, ask: options.ask, nowMs, log }),
    readyAgents: options.readyAgents,
    groupDatasources: () => listGroupDatasources(db, options.defaultGroup),
    forgetOldAddresses: async (agentIds) => {
      const rows = await listLatestConnectivityTests(db, { ...everything, agentIds })
      for (const { agentId, datasourceName, isOfOldAddress } of rows) {
        if (isOfOldAddress) matrix.forgetResult(agentId, datasourceName)
      }
    },
    intervalMs: options.intervalMs,
    clock,
    log,
  })
}
