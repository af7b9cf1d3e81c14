import type { Command } from 'commander'

import type { Agent } from '../../control-plane/api/shapes/agent.ts'
import { UsageError } from '../client-error.ts'
import { duration } from '../duration.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { labelsOf, repeated, wholeNumber } from '../read-input.ts'
import type { Act, Session } from '../session.ts'
import { pause } from '../watch-pause.ts'

const DRAIN_POLL_MS = 1_000

/** What an operator changes of an agent. */
export function agentChangeCommands(agent: Command, act: Act): void {
  drainCommand(agent, act)
  agent
    .command('resume <name>')
    .description('take a drain back')
    .action(
      act(async (session, name: string) => {
        await session.client.resumeAgent(name)
        session.err(`Agent ${name} is given work again as soon as it is connected.`)
      }),
    )
  agent
    .command('revoke <name>')
    .description('never accept this agent again; what it runs is tried elsewhere')
    .action(
      act(async (session, name: string) => {
        await session.client.revokeAgent(name)
        session.err(`Agent ${name} is revoked.`)
      }),
    )
  settingCommands(agent, act)
  agent
    .command('delete <name>')
    .description('forget an agent that is offline, drained or revoked')
    .action(
      act(async (session, name: string) => {
        await session.client.deleteAgent(name)
        session.err(`Agent ${name} was deleted.`)
      }),
    )
}

interface DrainFlags {
  readonly deadline?: number
  readonly wait?: boolean
}

function drainCommand(agent: Command, act: Act): void {
  agent
    .command('drain <name>')
    .description('let it finish what runs and give it nothing new')
    .option('--deadline <duration>', 'what still runs by then is run elsewhere: 10m', duration)
    .option('--wait', 'stay until it is drained, or gone')
    .action(
      act(async (session, name: string, how: DrainFlags) => {
        const changed = await session.client.drainAgent(name, how.deadline)
        session.err(`Agent ${name} is ${changed.state}.`)
        return how.wait === true && changed.state !== 'drained'
          ? waitForDrain(session, changed)
          : EXIT.ok
      }),
    )
}

/** By its id: somebody may rename it meanwhile. An agent that is not connected drains when it is back. */
async function waitForDrain(session: Session, agent: Agent): Promise<ExitCode> {
  for (;;) {
    const { name, state } = await session.client.showAgent(agent.id)
    if (state === 'drained') {
      session.err(`Agent ${name} is drained.`)
      return EXIT.ok
    }
    if (state !== 'draining') {
      session.err(`Agent ${name} does not drain any more: it is ${state}.`)
      return EXIT.failed
    }
    await pause(DRAIN_POLL_MS, session.signal)
    if (session.signal.aborted) return EXIT.interrupted
  }
}

interface UpdateFlags {
  readonly weight?: number
  readonly label?: readonly string[]
}

function settingCommands(agent: Command, act: Act): void {
  agent
    .command('update <name>')
    .description('change how much work an agent is given, and its labels')
    .option('--weight <number>', '0 to 100: share in its group; 0 takes none', wholeNumber(0, 100))
    .option('--label <key=value>', 'a label; may be repeated; replaces all of them', repeated)
    .action(
      act(async (session, name: string, { weight, label }: UpdateFlags) => {
        if (weight === undefined && label === undefined) {
          throw new UsageError('say what to change: --weight, --label')
        }
        await session.client.changeAgent(name, {
          ...(weight === undefined ? {} : { weight }),
          ...(label === undefined ? {} : { labels: labelsOf(label) }),
        })
        session.err(`Agent ${name} was changed.`)
      }),
    )
  agent
    .command('rename <name> <new-name>')
    .description('give an agent another name')
    .action(
      act(async (session, name: string, newName: string) => {
        await session.client.changeAgent(name, { name: newName })
        session.err(`Agent ${name} is now called ${newName}.`)
      }),
    )
  agent
    .command('move <name>')
    .description('put an agent that has no work (drained or offline) into another group')
    .requiredOption('--group <name>', 'where it goes')
    .action(
      act(async (session, name: string, how: { group: string }) => {
        const { state } = await session.client.changeAgent(name, { group: how.group })
        const next = state === 'drained' ? ` Next: sluice agent resume ${name}` : ''
        session.err(`Agent ${name} is in group ${how.group}.${next}`)
      }),
    )
}
