/** How answers are printed: tables for people, JSON and names for scripts. */
import { type Command, Option } from 'commander'

import { padDisplayEnd } from './display-width.ts'
import type { Session } from './session.ts'
import { type Column, renderTable } from './table.ts'

export interface ListOutput {
  readonly output: 'table' | 'json' | 'name'
  /** commander's name for the absence of --no-headers */
  readonly headers: boolean
}

export interface ShowOutput {
  readonly output: 'text' | 'json' | 'name'
}

export function withListOutput(command: Command): Command {
  return command
    .addOption(
      new Option('-o, --output <format>', 'how to print')
        .choices(['table', 'json', 'name'])
        .default('table'),
    )
    .option('--no-headers', 'leave out the line with the column names')
}

export function withShowOutput(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'how to print')
      .choices(['text', 'json', 'name'])
      .default('text'),
  )
}

export interface ListView<Row> {
  readonly columns: readonly Column<Row>[]
  readonly name: (row: Row) => string
  /** What to say, on stderr, when there are none. */
  readonly empty: string
}

export function printList<Row>(
  session: Session,
  view: ListView<Row>,
  rows: readonly Row[],
  how: ListOutput,
): void {
  if (how.output === 'json') return session.out(JSON.stringify(rows, null, 2))
  if (how.output === 'name') return rows.forEach((row) => session.out(view.name(row)))
  if (rows.length === 0) return session.err(view.empty)
  renderTable(view.columns, rows, { headers: how.headers }).forEach(session.out)
}

/** `field:  value` lines; a value of several lines is indented below its field. */
export function printShow(
  session: Session,
  how: ShowOutput,
  answer: unknown,
  name: string,
  fields: readonly (readonly [label: string, value: string | null])[],
): void {
  if (how.output === 'json') return session.out(JSON.stringify(answer, null, 2))
  if (how.output === 'name') return session.out(name)
  const shown = fields.filter((field): field is readonly [string, string] => field[1] !== null)
  const width = Math.max(...shown.map(([label]) => label.length)) + 3
  for (const [label, value] of shown) {
    const [first = '', ...rest] = value.split('\n')
    if (rest.length === 0) session.out(padDisplayEnd(`${label}:`, width) + first)
    else {
      session.out(`${label}:`)
      for (const line of [first, ...rest]) session.out(`  ${line}`)
    }
  }
}
