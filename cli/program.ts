/** The whole command line. */
import { readFileSync } from 'node:fs'

import { Command } from 'commander'

import { agentCommands } from './commands/agent.ts'
import { auditCommands } from './commands/audit.ts'
import { completionCommand } from './commands/completion.ts'
import { connectivityCommands } from './commands/connectivity.ts'
import { datasourceCommands } from './commands/datasource.ts'
import { groupCommands } from './commands/group.ts'
import { jobCommands } from './commands/job.ts'
import { runCommands } from './commands/run.ts'
import { sqlCommand } from './commands/sql.ts'
import { tokenCommands } from './commands/token.ts'
import { upCommand } from './commands/up.ts'
import { upgradeCommands } from './commands/upgrade.ts'
import { EXIT_CODES_HELP } from './exit-codes.ts'
import type { Act } from './session.ts'

export function createProgram(act: Act): Command {
  const program = new Command('sluice')
    .description('Moves data from Kafka into MaxCompute through agents on your own hosts.')
    .version(`sluice ${version()}`, '-V, --version', 'print the version')
    .helpCommand(false)
    .enablePositionalOptions()
    .showHelpAfterError('(--help shows what is possible)')
    .addHelpText('after', EXIT_CODES_HELP)
    .exitOverride()
  upCommand(program, act)
  agentCommands(program, act)
  groupCommands(program, act)
  datasourceCommands(program, act)
  connectivityCommands(program, act)
  jobCommands(program, act)
  runCommands(program, act)
  sqlCommand(program, act)
  tokenCommands(program, act)
  auditCommands(program, act)
  upgradeCommands(program, act)
  completionCommand(program)
  for (const group of program.commands) if (group.commands.length > 0) group.helpCommand(false)
  program
    .command('version')
    .description('print the version')
    .action(() => {
      process.stdout.write(`sluice ${version()}\n`)
    })
  return program
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
