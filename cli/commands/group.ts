import { type Command, InvalidArgumentError, Option } from 'commander'

import type { Group, GroupChange } from '../../control-plane/api/shapes/group.ts'
import { UsageError } from '../client-error.ts'
import { duration } from '../duration.ts'
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
import { labelsOf, repeated } from '../read-input.ts'
import type { Act, Session } from '../session.ts'
import { type Column, renderTable } from '../table.ts'

const view: ListView<Group> = {
  columns: [
    { title: 'NAME', value: (group) => group.name },
    { title: 'KIND', value: (group) => group.kind },
    { title: 'STATUS', value: (group) => group.status },
    { title: 'READY', value: (group) => `${group.agentsReady}/${group.agents}`, align: 'right' },
    {
      title: 'FREE',
      value: (group) => `${group.channelsFree}/${group.channelsReady}`,
      align: 'right',
    },
    { title: 'LIMITS', value: limitsText },
    { title: 'AGE', value: (group) => formatAge(Date.now() - group.createdAtMs) },
    { title: 'DESCRIPTION', value: (group) => group.description },
  ],
  name: (group) => group.name,
  empty: 'There are no groups: create one with `sluice group create <name>`.',
}

interface SettingFlags {
  readonly description?: string
  readonly kind?: 'custom' | 'exclusive'
  readonly reserveJob?: readonly string[]
  readonly reserveOwner?: readonly string[]
  /** 0: none. */
  readonly mbps?: number
  readonly channels?: number
  readonly label?: readonly string[]
}

export function groupCommands(program: Command, act: Act): void {
  const group = program.command('group').description('resource groups: agents that share work')
  withSettings(group.command('create <name>').description('create a group')).action(
    act(async (session, name: string, how: SettingFlags) => {
      await session.client.createGroup(name, changeOf(how))
      session.err(`Group ${name} was created. Next: sluice agent add --group ${name}`)
    }),
  )
  withSettings(
    group
      .command('update <name>')
      .description('change a group; running jobs share new limits at once'),
  ).action(
    act(async (session, name: string, how: SettingFlags) => {
      const change = changeOf(how)
      if (Object.keys(change).length === 0) throw new UsageError('say what to change: --help')
      await session.client.changeGroup(name, change)
      session.err(`Group ${name} was changed.`)
    }),
  )
  withListOutput(group.command('list').description('all groups')).action(
    act(async (session, how: ListOutput) => {
      printList(session, view, (await session.client.listGroups()).items, how)
    }),
  )
  withShowOutput(group.command('show <name>').description('one group')).action(
    act(async (session, name: string, how: ShowOutput) => {
      const found = await session.client.showGroup(name)
      printShow(session, how, found, found.name, groupFields(found))
      if (how.output === 'text') await printServers(session, name)
    }),
  )
  pauseCommands(group, act)
  group
    .command('delete <name>')
    .description('delete a group that has no agents, jobs or runs')
    .action(
      act(async (session, name: string) => {
        await session.client.deleteGroup(name)
        session.err(`Group ${name} was deleted.`)
      }),
    )
  withShowOutput(
    group.command('token <name>').description('print a one-time token that enrols one agent'),
  ).action(
    act(async (session, name: string, how: ShowOutput) => {
      const token = await session.client.createEnrolToken(name)
      printShow(session, how, token, token.token, [
        ['Token', token.token],
        ['Group', token.group],
        ['Expires', formatTime(token.expiresAtMs)],
        ['Link', token.linkAddress],
        ['CA', token.caFingerprint],
        ['Run on the host', token.command],
      ])
    }),
  )
}

function withSettings(command: Command): Command {
  return command
    .option('--description <text>', 'what it is for')
    .addOption(
      new Option('--kind <kind>', 'exclusive: reserved to the jobs and owners named below').choices(
        ['custom', 'exclusive'],
      ),
    )
    .option('--reserve-job <name>', 'a job that may run here; may be repeated', repeated)
    .option('--reserve-owner <token>', 'an API token whose runs may; may be repeated', repeated)
    .option('--mbps <number>', 'MiB/s of all its running jobs together, or none', limit)
    .option('--channels <number>', 'slices in flight in the group, or none', limit)
    .option('--label <key=value>', 'a label; may be repeated; replaces all of them', repeated)
}

function changeOf(how: SettingFlags): GroupChange {
  return {
    ...(how.kind === undefined ? {} : { kind: how.kind }),
    ...(how.description === undefined ? {} : { description: how.description }),
    ...(how.label === undefined ? {} : { labels: labelsOf(how.label) }),
    ...(how.mbps === undefined ? {} : { mbpsMax: how.mbps || null }),
    ...(how.channels === undefined ? {} : { channelsMax: how.channels || null }),
    ...(how.reserveJob === undefined ? {} : { reservedJobs: [...how.reserveJob] }),
    ...(how.reserveOwner === undefined ? {} : { reservedOwners: [...how.reserveOwner] }),
  }
}

/** 0 for `none`, which takes a limit away: commander knows no null. */
function limit(text: string): number {
  if (text === 'none') return 0
  const value = Number(text)
  if (/^\d{1,7}$/.test(text) && value > 0) return value
  throw new InvalidArgumentError('It takes a whole number above 0, or none.')
}

function pauseCommands(group: Command, act: Act): void {
  group
    .command('pause <name>')
    .description('hand out nothing new in this group; what runs goes on')
    .action(
      act(async (session, name: string) => {
        await session.client.changeGroup(name, { paused: true })
        session.err(`Group ${name} is paused. sluice group resume ${name} takes it back.`)
      }),
    )
  group
    .command('resume <name>')
    .description('take a pause back')
    .action(
      act(async (session, name: string) => {
        await session.client.changeGroup(name, { paused: false })
        session.err(`Group ${name} is given work again.`)
      }),
    )
  group
    .command('drain <name>')
    .description('drain all agents of the group; sluice agent resume takes each back')
    .option('--deadline <duration>', 'what still runs by then is run elsewhere: 10m', duration)
    .action(
      act(async (session, name: string, how: { deadline?: number }) => {
        const { agents } = await session.client.drainGroup(name, how.deadline)
        const which = agents.length === 0 ? 'No agent had to be told' : agents.join(', ')
        session.err(`Draining: ${which}.`)
      }),
    )
}

function groupFields(group: Group): [string, string | null][] {
  const labels = Object.entries(group.labels).map(([key, value]) => `${key}=${value}`)
  return [
    ['Name', group.name],
    ['Kind', group.kind],
    ['Status', group.status],
    ['Description', group.description === '' ? null : group.description],
    ['Reserved for jobs', group.reservedJobs.length === 0 ? null : group.reservedJobs.join(', ')],
    [
      'Reserved for owners',
      group.reservedOwners.length === 0 ? null : group.reservedOwners.join(', '),
    ],
    ['Agents', `${group.agents}, ${group.agentsReady} ready`],
    ['Channels', `${group.channelsReady}, ${group.channelsFree} free`],
    ['Limits', limitsText(group)],
    ['Labels', labels.length === 0 ? null : labels.join(', ')],
    ['Created', formatTime(group.createdAtMs)],
  ]
}

/** Its agents, and the servers that were added and are not installed yet. */
async function printServers(session: Session, group: string): Promise<void> {
  const [agents, waiting] = await Promise.all([
    session.client.listAgents(group),
    session.client.listServers(group),
  ])
  const rows: ServerRow[] = [
    ...agents.items.map(({ name, status, facts }) => {
      const { hostname = '', ips = [] } = facts as { hostname?: string; ips?: string[] }
      return { name, status, host: [hostname, ...ips.slice(0, 1)].join(' ').trim() }
    }),
    ...waiting.items.map((server) => ({
      name: server.name ?? '-',
      status: server.status,
      host: [server.ip, server.uuid].filter((text) => text !== null).join(' '),
    })),
  ]
  if (rows.length === 0) return session.err(`No servers yet: sluice agent add --group ${group}`)
  session.out('')
  renderTable(SERVER_COLUMNS, rows, { headers: true }).forEach(session.out)
}

interface ServerRow {
  readonly name: string
  readonly status: string
  readonly host: string
}

const SERVER_COLUMNS: readonly Column<ServerRow>[] = [
  { title: 'SERVER', value: (row) => row.name },
  { title: 'STATUS', value: (row) => row.status },
  { title: 'HOST', value: (row) => row.host },
]

function limitsText(group: Group): string {
  const limits = [
    group.mbpsMax === null ? null : `${group.mbpsMax} MiB/s`,
    group.channelsMax === null ? null : `${group.channelsMax} channels`,
  ].filter((text) => text !== null)
  return limits.length === 0 ? '-' : limits.join(', ')
}
