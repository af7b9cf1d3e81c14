import type { Command } from 'commander'

import type { Group } from '../../control-plane/api/shapes/group.ts'
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
import type { Act } from '../session.ts'

const view: ListView<Group> = {
  columns: [
    { title: 'NAME', value: (group) => group.name },
    { title: 'AGENTS', value: (group) => String(group.agents), align: 'right' },
    { title: 'READY', value: (group) => String(group.agentsReady), align: 'right' },
    { title: 'CHANNELS', value: (group) => String(group.channelsReady), align: 'right' },
    { title: 'AGE', value: (group) => formatAge(Date.now() - group.createdAtMs) },
    { title: 'DESCRIPTION', value: (group) => group.description },
  ],
  name: (group) => group.name,
  empty: 'There are no groups: create one with `sluice group create <name>`.',
}

export function groupCommands(program: Command, act: Act): void {
  const group = program.command('group').description('resource groups: agents that share work')
  group
    .command('create <name>')
    .description('create a group')
    .option('--description <text>', 'what it is for')
    .action(
      act(async (session, name: string, how: { description?: string }) => {
        await session.client.createGroup(name, how.description)
        session.err(`Group ${name} was created. Next: sluice group token ${name}`)
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
      printShow(session, how, found, found.name, [
        ['Name', found.name],
        ['Description', found.description === '' ? null : found.description],
        ['Agents', `${found.agents}, ${found.agentsReady} ready`],
        ['Channels', String(found.channelsReady)],
        ['Created', formatTime(found.createdAtMs)],
      ])
    }),
  )
  group
    .command('delete <name>')
    .description('delete a group that has no agents and no runs')
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
