import type { Command } from 'commander'

import type { Agent } from '../../control-plane/api/shapes/agent.ts'
import { agentEnvironment, runEntryPoint } from '../entry-point.ts'
import { formatAge, formatBytes, formatTime } from '../format.ts'
import {
  type ListOutput,
  type ListView,
  printList,
  printShow,
  type ShowOutput,
  withListOutput,
  withShowOutput,
} from '../output.ts'
import { wholeNumber } from '../read-input.ts'
import type { Act } from '../session.ts'
import { agentAddCommands } from './agent-add.ts'
import { agentChangeCommands } from './agent-change.ts'
import { agentCopyCommands } from './agent-copies.ts'
import { agentHostCommands } from './agent-host.ts'
import { metricsCommand } from './agent-metrics.ts'
import { allLogLines, LOG_AFTER_HELP, logLine } from './log-lines.ts'

const view: ListView<Agent> = {
  columns: [
    { title: 'NAME', value: (agent) => agent.name },
    { title: 'GROUP', value: (agent) => agent.group },
    { title: 'STATUS', value: (agent) => agent.status },
    { title: 'STATE', value: (agent) => agent.state },
    {
      title: 'FREE',
      value: (agent) => `${agent.channelsFree}/${agent.channels}`,
      align: 'right',
    },
    { title: 'HEARTBEAT', value: heartbeatText },
    { title: 'HOST', value: (agent) => text(agent.facts, 'hostname') },
    { title: 'VERSION', value: (agent) => text(agent.facts, 'agentVersion') },
    { title: 'AGE', value: (agent) => formatAge(Date.now() - agent.createdAtMs) },
  ],
  name: (agent) => agent.name,
  empty: 'There are no agents: `sluice agent add --group <name>` adds a server.',
}

interface LogFlags {
  readonly after: number
  readonly fromHost?: boolean
  readonly lines: number
}

export function agentCommands(program: Command, act: Act): void {
  const agent = program.command('agent').description('agents on your hosts')
  processCommands(agent, act)
  withListOutput(
    agent.command('list').description('all agents').option('--group <name>', 'of this group only'),
  ).action(
    act(async (session, how: ListOutput & { group?: string }) => {
      printList(session, view, (await session.client.listAgents(how.group)).items, how)
    }),
  )
  withShowOutput(agent.command('show <name>').description('one agent and its host')).action(
    act(async (session, name: string, how: ShowOutput) => {
      const found = await session.client.showAgent(name)
      printShow(session, how, found, found.name, agentFields(found))
    }),
  )
  agentAddCommands(agent, act)
  agentChangeCommands(agent, act)
  metricsCommand(agent, act)
  agentCopyCommands(agent, act)
  agentHostCommands(agent, act)
  agent
    .command('logs <name>')
    .description("an agent's own log")
    .option('--after <id>', LOG_AFTER_HELP, wholeNumber(0, Number.MAX_SAFE_INTEGER), 0)
    .option('--from-host', 'ask the agent itself: also what was never sent')
    .option('--lines <n>', 'with --from-host', wholeNumber(1, 2_000), 200)
    .action(
      act(async (session, name: string, how: LogFlags) => {
        if (how.fromHost === true) {
          const { lines } = await session.client.fetchAgentLog(name, how.lines)
          for (const line of lines) session.out(line)
          return
        }
        const fetchPage = (after: number) => session.client.agentLogs(name, after)
        for await (const line of allLogLines(fetchPage, how.after)) session.out(logLine(line))
      }),
    )
}

/** `enrol` and `run` are the agent's own process: everything behind them goes to it. */
function processCommands(agent: Command, act: Act): void {
  for (const [name, description] of [
    ['enrol', 'enrol this host as an agent'],
    ['run', "run this host's agent in the foreground"],
  ] as const) {
    agent
      .command(name)
      .description(description)
      .argument('[args...]')
      .allowUnknownOption()
      .helpOption(false)
      .passThroughOptions()
      .action(
        act(async (_session, args: string[]) =>
          runEntryPoint('agent', [name, ...args], agentEnvironment(process.env)),
        ),
      )
  }
}

function agentFields(agent: Agent): [string, string | null][] {
  const beat = agent.heartbeat
  return [
    ['Name', agent.name],
    ['Id', agent.id],
    ['Group', agent.group],
    ['State', `${agent.state}${agent.ready ? ', ready for work' : ''}`],
    ['Status', agent.status],
    ['Drains until', agent.state === 'draining' ? drainText(agent) : null],
    ['Restarted', restartText(agent)],
    ['Channels', `${agent.channels}, ${agent.channelsFree} free`],
    ['Weight', String(agent.weight)],
    ['Labels', Object.keys(agent.labels).length === 0 ? null : labelsText(agent.labels)],
    ['Notices', agent.notices.length === 0 ? null : agent.notices.join('\n')],
    ['Heartbeat', agent.heartbeatAtMs === null ? 'none yet' : heartbeatText(agent)],
    ['Host', text(agent.facts, 'hostname')],
    ['Addresses', list(agent.facts, 'ips')],
    ['System', [text(agent.facts, 'os'), text(agent.facts, 'arch')].join(' ').trim()],
    ['CPU', `${text(agent.facts, 'cpuCount')} cores, ${text(beat, 'cpuPercent')}% busy`],
    ['Memory', `${bytes(beat, 'memoryUsedBytes')} of ${bytes(beat, 'memoryTotalBytes')}`],
    ['Disk free', `${bytes(beat, 'diskFreeBytes')} of ${bytes(beat, 'diskTotalBytes')}`],
    ['Version', text(agent.facts, 'agentVersion')],
    ['Enrolled', formatTime(agent.createdAtMs)],
  ]
}

function drainText({ drainUntilMs }: Agent): string | null {
  return drainUntilMs === null ? null : formatTime(drainUntilMs)
}

function restartText({ restart }: Agent): string | null {
  if (restart === null) return null
  const what = restart.what === 'host' ? 'with its host' : 'the process alone'
  return `${formatAge(Date.now() - restart.atMs)} ago, ${what}`
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')
}

function heartbeatText(agent: Agent): string {
  return agent.heartbeatAtMs === null ? '-' : `${formatAge(Date.now() - agent.heartbeatAtMs)} ago`
}

/** Facts and heartbeat are what the agent said of itself: any field may be missing. */
function field(from: unknown, key: string): unknown {
  return typeof from === 'object' && from !== null ? (from as Record<string, unknown>)[key] : null
}

function text(from: unknown, key: string): string {
  const value = field(from, key)
  if (typeof value === 'number') return String(Math.round(value * 10) / 10)
  return typeof value === 'string' && value !== '' ? value : '-'
}

function list(from: unknown, key: string): string {
  const value = field(from, key)
  return Array.isArray(value) ? value.map(String).join(', ') : '-'
}

function bytes(from: unknown, key: string): string {
  const value = Number(field(from, key))
  return Number.isFinite(value) && value > 0 ? formatBytes(value) : '-'
}
