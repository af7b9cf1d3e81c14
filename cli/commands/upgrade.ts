import { type Command, Option } from 'commander'

import type {
  AgentBundle,
  UpgradeDetail,
  UpgradeInput,
  UpgradeSummary,
  UpgradeTurn,
} from '../../control-plane/api/shapes/upgrade.ts'
import { duration } from '../duration.ts'
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
import { renderTable } from '../table.ts'

const ID_MAX = Number.MAX_SAFE_INTEGER

const view: ListView<UpgradeSummary> = {
  columns: [
    { title: 'ID', value: (upgrade) => String(upgrade.id), align: 'right' },
    { title: 'GROUP', value: (upgrade) => upgrade.group },
    { title: 'VERSION', value: (upgrade) => upgrade.version },
    { title: 'STATE', value: (upgrade) => upgrade.state },
    { title: 'AGE', value: (upgrade) => formatAge(Date.now() - upgrade.createdAtMs) },
    { title: 'MESSAGE', value: (upgrade) => upgrade.message },
  ],
  name: (upgrade) => String(upgrade.id),
  empty: 'There were no upgrades: `sluice group upgrade <group>` starts one.',
}

const turnColumns = [
  { title: 'TURN', value: (turn: UpgradeTurn) => (turn.turn === null ? '-' : String(turn.turn)) },
  { title: 'AGENT', value: (turn: UpgradeTurn) => turn.agent },
  { title: 'STATE', value: turnState },
  { title: 'FROM', value: (turn: UpgradeTurn) => turn.fromVersion || '-' },
  { title: 'MESSAGE', value: (turn: UpgradeTurn) => turn.message },
]

const bundleView: ListView<AgentBundle> = {
  columns: [
    { title: 'VERSION', value: (bundle) => bundle.version },
    { title: 'SYSTEM', value: (bundle) => `${bundle.os}-${bundle.arch}` },
    { title: 'SIZE', value: (bundle) => formatBytes(bundle.bytes), align: 'right' },
    { title: 'BUILT', value: (bundle) => bundle.builtAt },
    { title: 'SHA-256', value: (bundle) => bundle.sha256 },
  ],
  name: (bundle) => `${bundle.version}-${bundle.os}-${bundle.arch}`,
  empty: 'There are no bundles of the agent: npm run bundle makes one.',
}

interface UpgradeFlags {
  readonly version?: string
  readonly window?: string
  readonly drain?: number
  readonly soak?: number
  readonly health?: number
  readonly allowDowngrade?: boolean
}

/** `sluice upgrade`, and what starts one: `sluice group upgrade`, `sluice agent upgrade`. */
export function upgradeCommands(program: Command, act: Act): void {
  const find = (name: string): Command => {
    const found = program.commands.find((command) => command.name() === name)
    if (found === undefined) throw new Error(`there is no command ${name}`)
    return found
  }
  withUpgradeFlags(
    find('group').command('upgrade <group>').description('upgrade its agents, one by one'),
  ).action(
    act(async (session, group: string, flags: UpgradeFlags) => {
      const upgrade = await session.client.upgradeGroup(group, upgradeInput(flags))
      session.out(started(upgrade))
    }),
  )
  withUpgradeFlags(find('agent').command('upgrade <name>').description('upgrade one agent')).action(
    act(async (session, name: string, flags: UpgradeFlags) => {
      const upgrade = await session.client.upgradeAgent(name, upgradeInput(flags))
      session.out(started(upgrade))
    }),
  )
  withListOutput(
    find('agent').command('bundles').description('versions that agents can be upgraded to'),
  ).action(
    act(async (session, how: ListOutput) => {
      printList(session, bundleView, (await session.client.listBundles()).items, how)
    }),
  )
  const upgrade = program.command('upgrade').description('upgrades of agents')
  readCommands(upgrade, act)
  decideCommands(upgrade, act)
}

function withUpgradeFlags(command: Command): Command {
  return command
    .option('--version <version>', 'of a bundle; default: the newest')
    .option('--window <window>', 'only then, such as "mon-fri 02:00-05:00 Asia/Shanghai"')
    .option('--drain <time>', 'running work may take so long (10m)', duration)
    .option('--soak <time>', 'watch each agent for so long before the next (30s)', duration)
    .option('--health <time>', 'the new version must be connected within (2m)', duration)
    .option('--allow-downgrade', 'also from a newer version to this one')
}

function readCommands(upgrade: Command, act: Act): void {
  withListOutput(
    upgrade
      .command('list')
      .description('the newest upgrades')
      .option('--group <name>', 'of this group only'),
  ).action(
    act(async (session, how: ListOutput & { group?: string }) => {
      printList(session, view, (await session.client.listUpgrades(how.group)).items, how)
    }),
  )
  withShowOutput(
    upgrade
      .command('show')
      .description('one upgrade and its agents')
      .argument('<id>', 'as sluice upgrade list shows it', wholeNumber(1, ID_MAX)),
  ).action(
    act(async (session, id: number, how: ShowOutput) => {
      const found = await session.client.showUpgrade(id)
      printShow(session, how, found, String(id), fields(found))
    }),
  )
}

function decideCommands(upgrade: Command, act: Act): void {
  upgrade
    .command('resume')
    .description('go on with a halted upgrade: agents that failed are tried again')
    .argument('<id>', 'of the upgrade', wholeNumber(1, ID_MAX))
    .addOption(new Option('--skip', 'leave them out instead'))
    .action(
      act(async (session, id: number, how: { skip?: boolean }) => {
        const failed = how.skip === true ? 'skip' : 'retry'
        session.err(`Upgrade ${id} is ${(await session.client.resumeUpgrade(id, failed)).state}.`)
      }),
    )
  upgrade
    .command('cancel')
    .description("begin no other agent's upgrade; one that is under way ends by itself")
    .argument('<id>', 'of the upgrade', wholeNumber(1, ID_MAX))
    .action(
      act(async (session, id: number) => {
        session.err(`Upgrade ${id} is ${(await session.client.cancelUpgrade(id)).state}.`)
      }),
    )
}

function upgradeInput(flags: UpgradeFlags): UpgradeInput {
  return {
    ...(flags.version === undefined ? {} : { version: flags.version }),
    ...(flags.window === undefined ? {} : { window: flags.window }),
    ...(flags.drain === undefined ? {} : { drainMs: flags.drain }),
    ...(flags.soak === undefined ? {} : { soakMs: flags.soak }),
    ...(flags.health === undefined ? {} : { healthMs: flags.health }),
    ...(flags.allowDowngrade === true ? { allowDowngrade: true } : {}),
  }
}

function started({ id, agents, version }: UpgradeDetail): string {
  const count = agents.length === 1 ? '1 agent' : `${agents.length} agents`
  return `Upgrade ${id} of ${count} to ${version} has started: sluice upgrade show ${id}`
}

function fields(upgrade: UpgradeDetail): [string, string | null][] {
  const { finishedAtMs, window } = upgrade
  return [
    ['Upgrade', String(upgrade.id)],
    ['Group', upgrade.group],
    ['Version', upgrade.version],
    ['State', upgrade.message === '' ? upgrade.state : `${upgrade.state}: ${upgrade.message}`],
    ['Window', window],
    ['Drain', `${upgrade.drainMs / 1000} s`],
    ['Soak', `${upgrade.soakMs / 1000} s`],
    ['Started', `${formatTime(upgrade.createdAtMs)} by ${upgrade.createdBy}`],
    ['Finished', finishedAtMs === null ? null : formatTime(finishedAtMs)],
    ['Agents', `${renderTable(turnColumns, upgrade.agents, { headers: true }).join('\n')}\n`],
  ]
}

function turnState({ state, phase }: UpgradeTurn): string {
  return state === 'underway' && phase !== '' ? `underway: ${phase.toLowerCase()}` : state
}
