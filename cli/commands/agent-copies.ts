import { type Command, Option } from 'commander'

import type { AgentCopy } from '../../control-plane/api/shapes/agent-copy.ts'
import { formatAge } from '../format.ts'
import { type ListOutput, type ListView, printList, withListOutput } from '../output.ts'
import { wholeNumber } from '../read-input.ts'
import type { Act } from '../session.ts'

const view: ListView<AgentCopy> = {
  columns: [
    { title: 'AGENT', value: (copy) => copy.agent },
    { title: 'COPY', value: (copy) => String(copy.id), align: 'right' },
    { title: 'VERDICT', value: (copy) => copy.verdict },
    { title: 'HOST', value: (copy) => fact(copy, 'hostname') },
    { title: 'PEER', value: (copy) => copy.peer },
    { title: 'BOOT', value: (copy) => fact(copy, 'bootId').slice(0, 8) },
    { title: 'MACHINE', value: (copy) => fact(copy, 'machineId').slice(0, 8) },
    { title: 'FIRST SEEN', value: (copy) => `${formatAge(Date.now() - copy.firstSeenMs)} ago` },
    { title: 'LAST SEEN', value: (copy) => `${formatAge(Date.now() - copy.lastSeenMs)} ago` },
    { title: 'DECISION', value: (copy) => copy.decision ?? 'waits' },
  ],
  name: (copy) => String(copy.id),
  empty: 'No copy of an agent was seen.',
}

/** `sluice agent copies` and `resolve`: who says to be an agent and is not, and what becomes of it. */
export function agentCopyCommands(agent: Command, act: Act): void {
  withListOutput(
    agent.command('copies [name]').description('copies of agents that were seen, and wait'),
  ).action(
    act(async (session, name: string | undefined, how: ListOutput) => {
      printList(session, view, (await session.client.listAgentCopies(name)).items, how)
    }),
  )
  agent
    .command('resolve <name> <copy>')
    .description('decide about a copy of an agent')
    .addOption(
      new Option('--as <what>', 'new: an agent of its own; same: it is the agent (a restored host)')
        .choices(['new', 'same'])
        .makeOptionMandatory(),
    )
    .action(
      act(async (session, name: string, copy: string, how: { as: 'new' | 'same' }) => {
        const id = wholeNumber(1, Number.MAX_SAFE_INTEGER)(copy)
        await session.client.resolveAgentCopy(name, id, how.as)
        const what = how.as === 'new' ? 'enrols as an agent of its own' : `goes on as ${name}`
        session.err(`Copy ${id} of agent ${name} ${what}, as soon as it asks again.`)
      }),
    )
}

/** What the copy said of itself: any field may be missing. */
function fact({ facts }: AgentCopy, key: string): string {
  const value: unknown =
    typeof facts === 'object' && facts !== null ? Reflect.get(facts, key) : undefined
  return typeof value === 'string' && value !== '' ? value : '-'
}
