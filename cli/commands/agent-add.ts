import type { Command } from 'commander'

import type { Agent } from '../../control-plane/api/shapes/agent.ts'
import type { ServerInput } from '../../control-plane/api/shapes/server.ts'
import { ClientError, UsageError } from '../client-error.ts'
import { duration } from '../duration.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { formatTime } from '../format.ts'
import { printShow, type ShowOutput, withShowOutput } from '../output.ts'
import { wholeNumber } from '../read-input.ts'
import type { Act, Session } from '../session.ts'
import { type Waiting, waitingForAgent, waitingForGroup } from '../wait-for-agents.ts'
import { pause } from '../watch-pause.ts'

const GIB = 1024 ** 3
const WAIT_MS_DEFAULT = 2 * 60_000
const POLL_MS = 1_000

interface AddFlags extends ShowOutput {
  readonly group: string
  readonly name?: string
  readonly uuid?: string
  readonly ip?: string
  readonly cpu?: number
  readonly memoryGb?: number
  readonly uses?: number
}

/** `sluice agent add` and `sluice agent wait`: a server on its way to Available. */
export function agentAddCommands(agent: Command, act: Act): void {
  withShowOutput(
    agent
      .command('add')
      .description('add a server to a group: prints the command to run on it')
      .requiredOption('--group <name>', 'resource group')
      .option('--name <name>', 'what the agent is called; else as the host is')
      .option('--uuid <uuid>', 'dmidecode -s system-uuid; another host is refused')
      .option('--ip <address>', 'one of its addresses; a host without it is refused')
      .option('--cpu <cores>', 'what it has; a difference is noted', wholeNumber(1, 10_000))
      .option('--memory-gb <number>', 'what it has; a difference is noted', wholeNumber(1, 100_000))
      .option('--uses <count>', 'hosts that may use the token (1)', wholeNumber(1, 1_000)),
  ).action(
    act(async (session, how: AddFlags) => {
      const added = await session.client.createEnrolToken(how.group, serverOf(how))
      printShow(session, how, added, added.command, [
        ['Group', added.group],
        ['Run on the host', added.command],
        ['Good until', `${formatTime(added.expiresAtMs)}, ${timesText(added.uses)}`],
      ])
      if (how.output !== 'text') return
      const { name, group, uses = 1 } = how
      const who = name ?? `--group ${group} --count ${uses}`
      session.err(`Then: sluice agent wait ${who}`)
    }),
  )
  waitCommand(agent, act)
}

function serverOf({ name, uuid, ip, cpu, memoryGb, uses }: AddFlags): ServerInput {
  return {
    ...(name === undefined ? {} : { name }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(ip === undefined ? {} : { ip }),
    ...(cpu === undefined ? {} : { cpuCount: cpu }),
    ...(memoryGb === undefined ? {} : { memoryBytes: memoryGb * GIB }),
    ...(uses === undefined ? {} : { uses }),
  }
}

function timesText(uses: number): string {
  return uses === 1 ? 'once' : `${uses} times`
}

interface WaitFlags {
  readonly group?: string
  readonly count?: number
  readonly timeout: number
}

function waitCommand(agent: Command, act: Act): void {
  agent
    .command('wait [name]')
    .description('stay until an agent, or so many of a group, are available')
    .option('--group <name>', 'wait for agents of this group')
    .option('--count <number>', 'so many of them (1)', wholeNumber(1, 100_000))
    .option('--timeout <duration>', 'give up after this time', duration, WAIT_MS_DEFAULT)
    .action(
      act(async (session, name: string | undefined, how: WaitFlags) => {
        const look = lookerFor(session, name, how)
        return waitUntil(session, look, how.timeout)
      }),
    )
}

function lookerFor(
  { client }: Session,
  name: string | undefined,
  { group, count }: WaitFlags,
): () => Promise<Waiting> {
  if (name !== undefined) {
    if (group !== undefined || count !== undefined) {
      throw new UsageError('wait for one agent by its name, or for --group and --count: not both')
    }
    return async () => {
      const agent = await client.showAgent(name).catch(nullIfNotThere)
      const servers = agent === null ? (await client.listServers()).items : []
      return waitingForAgent(name, agent, servers)
    }
  }
  if (group === undefined) throw new UsageError('name an agent, or a --group')
  return async () => {
    const [agents, servers] = await Promise.all([
      client.listAgents(group),
      client.listServers(group),
    ])
    return waitingForGroup(group, count ?? 1, agents.items, servers.items)
  }
}

function nullIfNotThere(error: unknown): Agent | null {
  if (error instanceof ClientError && error.code === 'AGENT_NOT_FOUND') return null
  throw error
}

/** Says each step once, when it comes to it. */
async function waitUntil(
  session: Session,
  look: () => Promise<Waiting>,
  timeoutMs: number,
): Promise<ExitCode> {
  const deadlineMs = performance.now() + timeoutMs
  let said = ''
  for (;;) {
    const { kind, message } = await look()
    if (kind === 'done') {
      session.err(message)
      return EXIT.ok
    }
    if (kind === 'failed') {
      session.err(`sluice: ${message}`)
      return EXIT.failed
    }
    if (message !== said) session.err(`Waiting: ${message}`)
    said = message
    if (performance.now() >= deadlineMs) {
      session.err(`sluice: the time is over (--timeout): ${message}`)
      return EXIT.failed
    }
    await pause(POLL_MS, session.signal)
    if (session.signal.aborted) return EXIT.interrupted
  }
}
