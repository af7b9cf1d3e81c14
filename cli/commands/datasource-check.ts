import type { Command } from 'commander'

import type { ConnectivityTestAnswer } from '../../control-plane/api/shapes/connectivity.ts'
import { EXIT } from '../exit-codes.ts'
import { type ListOutput, type ListView, printList, withListOutput } from '../output.ts'
import type { Act } from '../session.ts'
import { stageLines } from '../stage-lines.ts'

interface TestFlags extends ListOutput {
  readonly group?: string
  readonly agent?: string
  readonly topic?: string
  readonly table?: string
  readonly partition?: string
  readonly verbose?: boolean
}

const view: ListView<ConnectivityTestAnswer> = {
  columns: [
    { title: 'AGENT', value: (row) => row.agent },
    { title: 'VERDICT', value: (row) => row.verdict ?? '-' },
    { title: 'STAGE', value: (row) => row.failedStage ?? '-' },
    { title: 'MS', value: (row) => String(row.milliseconds), align: 'right' },
    { title: 'MESSAGE', value: (row) => row.message },
  ],
  name: (row) => row.agent,
  empty: 'The group has no agents: add one with `sluice agent add`.',
}

export function testCommand(datasource: Command, act: Act): void {
  const command = datasource
    .command('test <name>')
    .description('can the agents reach and use it? Stage by stage, on each of them')
    .option(
      '--group <group>',
      'its agents; else those of the groups whose jobs name the data source',
    )
    .option('--agent <agent>', 'this one alone')
    .option('--topic <topic>', 'Kafka: also this topic, to one record')
    .option(
      '--table <table>',
      'MaxCompute: also this table, to an upload session that is left unused',
    )
    .option('--partition <spec>', 'of the table: name=value,name=value')
    .option('-v, --verbose', 'print every stage')
    .addHelpText('after', '\nExit code 0 only when every agent says Connectable.')
  withListOutput(command).action(
    act(async (session, name: string, flags: TestFlags) => {
      const { group, agent, topic, table, partition } = flags
      const input = Object.entries({ group, agent, topic, table, partition })
      const given = Object.fromEntries(input.filter(([, value]) => value !== undefined))
      const { items } = await session.client.testDatasource(name, given)
      printList(session, view, items, flags)
      if (flags.verbose === true && flags.output === 'table') {
        for (const row of items) {
          session.out('')
          session.out(row.agent)
          stageLines(row.stages).forEach(session.out)
        }
      }
      const isGood = items.length > 0 && items.every(({ verdict }) => verdict === 'Connectable')
      return isGood ? EXIT.ok : EXIT.failed
    }),
  )
}
