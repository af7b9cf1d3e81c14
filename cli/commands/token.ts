import type { Command } from 'commander'

import type { Token } from '../../control-plane/api/shapes/token.ts'
import { formatAge } from '../format.ts'
import { type ListOutput, type ListView, printList, withListOutput } from '../output.ts'
import type { Act } from '../session.ts'

const view: ListView<Token> = {
  columns: [
    { title: 'NAME', value: (token) => token.name },
    { title: 'AGE', value: (token) => formatAge(Date.now() - token.createdAtMs) },
  ],
  name: (token) => token.name,
  empty: 'There are no tokens.',
}

export function tokenCommands(program: Command, act: Act): void {
  const token = program.command('token').description('API tokens')
  token
    .command('create <name>')
    .description('print a new token, once')
    .action(
      act(async (session, name: string) => {
        const created = await session.client.createToken(name)
        session.out(created.token)
        session.err(`Token ${created.name} was created. It is not shown again.`)
      }),
    )
  withListOutput(token.command('list').description('names of the tokens')).action(
    act(async (session, how: ListOutput) => {
      printList(session, view, (await session.client.listTokens()).items, how)
    }),
  )
  token
    .command('delete <name>')
    .description('from now on the token is not accepted')
    .action(
      act(async (session, name: string) => {
        await session.client.deleteToken(name)
        session.err(`Token ${name} was deleted.`)
      }),
    )
}
