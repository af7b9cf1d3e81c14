import { type Command, Option } from 'commander'

import { PAGE_ITEMS_MAX } from '../../control-plane/api/limits.ts'
import type { AuditEventShape } from '../../control-plane/api/shapes/audit.ts'
import { AUDIT_KINDS } from '../../control-plane/audit/audit.ts'
import { duration } from '../duration.ts'
import { formatTime } from '../format.ts'
import { type ListOutput, type ListView, printList, withListOutput } from '../output.ts'
import { wholeNumber } from '../read-input.ts'
import type { Act } from '../session.ts'

const view: ListView<AuditEventShape> = {
  columns: [
    { title: 'TIME', value: (event) => formatTime(event.atMs) },
    { title: 'KIND', value: (event) => event.kind },
    { title: 'ACTOR', value: (event) => event.actor },
    { title: 'PEER', value: (event) => event.peer ?? '-' },
    { title: 'GROUP', value: (event) => event.group ?? '-' },
    { title: 'AGENT', value: (event) => event.agent ?? '-' },
    { title: 'MESSAGE', value: (event) => event.message },
  ],
  name: (event) => String(event.id),
  empty: 'Nothing that fits was recorded.',
}

interface AuditFlags extends ListOutput {
  readonly kind?: string
  readonly agent?: string
  readonly group?: string
  readonly since?: number
  readonly limit: number
}

/** `sluice audit`: who did what, and who was refused. */
export function auditCommands(program: Command, act: Act): void {
  const audit = program.command('audit').description('who did what, and who was refused')
  withListOutput(
    audit
      .command('list')
      .description('the newest events, the oldest of them first')
      .addOption(new Option('--kind <kind>', 'of this kind only').choices(AUDIT_KINDS))
      .option('--agent <name>', 'of this agent only; by its id when it was deleted')
      .option('--group <name>', 'of this group only')
      .option('--since <duration>', 'of this time only, such as 1h or 30m', duration)
      .option('--limit <count>', 'at most so many', wholeNumber(1, PAGE_ITEMS_MAX), 100),
  ).action(
    act(async (session, { kind, agent, group, since, limit, ...how }: AuditFlags) => {
      const sinceMs = since === undefined ? undefined : Date.now() - since
      const page = await session.client.listAudit({ kind, agent, group, sinceMs, limit })
      printList(session, view, page.items.toReversed(), how)
      if (page.nextBefore !== null && how.output === 'table') {
        session.err('There are older events: --since, --kind, --agent, --group and --limit choose.')
      }
    }),
  )
}
