import { type Command, Option } from 'commander'

import type { Datasource } from '../../control-plane/api/shapes/datasource.ts'
import { type DatasourceFlags, datasourceInput } from '../datasource-input.ts'
import { formatAge, formatTime } from '../format.ts'
import {
  type ListOutput,
  type ListView,
  printList,
  printShow,
  type ShowOutput,
  withListOutput,
  withShowOutput,
} from '../output.ts'
import { problemLine } from '../problem-lines.ts'
import { repeated } from '../read-input.ts'
import type { Act } from '../session.ts'
import { testCommand } from './datasource-check.ts'

const view: ListView<Datasource> = {
  columns: [
    { title: 'NAME', value: (source) => source.name },
    { title: 'TYPE', value: (source) => source.type },
    { title: 'VERSION', value: (source) => String(source.version), align: 'right' },
    { title: 'UPDATED', value: (source) => formatAge(Date.now() - source.updatedAtMs) },
    { title: 'DESCRIPTION', value: (source) => source.description },
  ],
  name: (source) => source.name,
  empty: 'There are no data sources: register one with `sluice datasource apply`.',
}

export function datasourceCommands(program: Command, act: Act): void {
  const datasource = program
    .command('datasource')
    .description('Kafka clusters and MaxCompute projects')
  applyCommand(datasource, act)
  testCommand(datasource, act)
  withListOutput(datasource.command('list').description('all data sources')).action(
    act(async (session, how: ListOutput) => {
      printList(session, view, (await session.client.listDatasources()).items, how)
    }),
  )
  withShowOutput(
    datasource.command('show <name>').description('one data source, without its secrets'),
  ).action(
    act(async (session, name: string, how: ShowOutput) => {
      const found = await session.client.showDatasource(name)
      printShow(session, how, found, found.name, [
        ['Name', found.name],
        ['Type', found.type],
        ['Description', found.description === '' ? null : found.description],
        ['Version', String(found.version)],
        ['Updated', formatTime(found.updatedAtMs)],
        ['Properties', JSON.stringify(found.properties, null, 2)],
      ])
    }),
  )
  datasource
    .command('delete <name>')
    .description('delete a data source that no job names')
    .action(
      act(async (session, name: string) => {
        await session.client.deleteDatasource(name)
        session.err(`Data source ${name} was deleted.`)
      }),
    )
}

function applyCommand(datasource: Command, act: Act): void {
  datasource
    .command('apply <name>')
    .description('register a data source, or change it')
    .option('-f, --file <path>', '{"type", "properties": {...}}; - is stdin')
    .addOption(new Option('--type <type>', 'odps is MaxCompute').choices(['kafka', 'odps']))
    .option('--description <text>', 'what it is')
    .option('--set <key=value>', 'a property; may be repeated', repeated)
    .option(
      '--secret <key=source>',
      'a secret property from env:NAME, file:PATH or - (stdin); may be repeated',
      repeated,
    )
    .option('--keep-secrets', 'secrets that are not given stay as they are')
    .addHelpText('after', EXAMPLES)
    .action(
      act(async (session, name: string, flags: DatasourceFlags) => {
        const input = await datasourceInput(flags, process.env)
        const applied = await session.client.applyDatasource(name, input)
        for (const note of applied.notes) session.err(problemLine(flags.file ?? name, note))
        session.err(`Data source ${name}: version ${applied.version}.`)
      }),
    )
}

const EXAMPLES = `
Examples:
  sluice datasource apply kafka_shop --type kafka --set address=10.0.0.11:9092,10.0.0.12:9092
  sluice datasource apply odps_dw --type odps --set project=dw \\
    --set endpoint=https://service.cn-shanghai.maxcompute.aliyun.com/api \\
    --set accessId=... --secret accessKey=env:ODPS_ACCESS_KEY`
