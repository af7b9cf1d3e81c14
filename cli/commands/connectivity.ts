import type { Command } from 'commander'

import { PAGE_ITEMS_MAX } from '../../control-plane/api/limits.ts'
import type { ConnectivityResult } from '../../control-plane/api/shapes/connectivity.ts'
import { formatAge, formatTime } from '../format.ts'
import { type ListOutput, type ListView, printList, withListOutput } from '../output.ts'
import { wholeNumber } from '../read-input.ts'
import type { Act } from '../session.ts'

const VERDICT = {
  title: 'VERDICT',
  value: (row: ConnectivityResult) => (row.stale ? `${row.verdict} (stale)` : row.verdict),
}
const STAGE = { title: 'STAGE', value: (row: ConnectivityResult) => row.failedStage ?? '-' }
const MESSAGE = { title: 'MESSAGE', value: (row: ConnectivityResult) => row.message }
const MILLISECONDS = {
  title: 'MS',
  value: (row: ConnectivityResult) => String(row.milliseconds),
  align: 'right',
} as const

const matrix: ListView<ConnectivityResult> = {
  columns: [
    { title: 'GROUP', value: (row) => row.group },
    { title: 'AGENT', value: (row) => row.agent },
    { title: 'DATASOURCE', value: (row) => row.datasource },
    VERDICT,
    STAGE,
    { title: 'TESTED', value: (row) => formatAge(Date.now() - row.testedAtMs) },
    MESSAGE,
  ],
  name: (row) => `${row.agent}/${row.datasource}`,
  empty: 'Nothing was tested yet: test a data source with `sluice datasource test`.',
}

const history: ListView<ConnectivityResult> = {
  columns: [
    { title: 'ID', value: (row) => String(row.id), align: 'right' },
    { title: 'TESTED', value: (row) => formatTime(row.testedAtMs) },
    { title: 'REASON', value: (row) => row.reason },
    { title: 'VERDICT', value: (row) => row.verdict },
    STAGE,
    MILLISECONDS,
    MESSAGE,
  ],
  name: (row) => String(row.id),
  empty: 'This agent has not tested this data source.',
}

export function connectivityCommands(program: Command, act: Act): void {
  const connectivity = program
    .command('connectivity')
    .description('which agents reach which data sources')
  withListOutput(
    connectivity
      .command('list')
      .description('the newest result of each agent and data source')
      .option('--group <group>', 'of the agents of this group')
      .option('--datasource <name>', 'of this data source'),
  ).action(
    act(async (session, how: ListOutput & { group?: string; datasource?: string }) => {
      const { group, datasource } = how
      const { items } = await session.client.listConnectivity({ group, datasource })
      printList(session, matrix, items, how)
    }),
  )
  withListOutput(
    connectivity
      .command('history <agent> <datasource>')
      .description('what an agent found over time, the newest first')
      .option('--limit <count>', 'at most so many', wholeNumber(1, PAGE_ITEMS_MAX), 50),
  ).action(
    act(async (session, agent: string, datasource: string, how: ListOutput & Limited) => {
      const { limit } = how
      const page = await session.client.connectivityHistory(agent, datasource, { limit })
      printList(session, history, page.items, how)
      if (page.nextBefore !== null) session.err('There are older ones: --limit shows more.')
    }),
  )
}

interface Limited {
  readonly limit: number
}
