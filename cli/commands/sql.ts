import { type Command, Option } from 'commander'

import { QUERY_ROWS_DEFAULT, QUERY_ROWS_MAX } from '../../control-plane/api/limits.ts'
import { UsageError } from '../client-error.ts'
import { EXIT } from '../exit-codes.ts'
import { readInput, wholeNumber } from '../read-input.ts'
import type { Act } from '../session.ts'
import { renderTable } from '../table.ts'
import { errorLines } from './run-error.ts'

interface SqlFlags {
  readonly datasource: string
  readonly group?: string
  readonly file?: string
  readonly rowsMax: number
  readonly output: 'table' | 'json' | 'csv'
  readonly headers: boolean
}

/** `result` of an answer: the agent's own, or plain text of a statement without rows. */
interface QueryResult {
  readonly columns?: readonly { readonly name: string; readonly type: string }[]
  readonly rows?: readonly (readonly unknown[])[]
  readonly text?: string | null
  readonly truncated?: boolean
}

export function sqlCommand(program: Command, act: Act): void {
  program
    .command('sql [statement]')
    .description(
      'run one MaxCompute statement on an agent; without an argument it is read from stdin',
    )
    .requiredOption('-d, --datasource <name>', 'MaxCompute data source to run it in')
    .option('--group <name>', 'resource group whose agent runs it (default: "default")')
    .option('-f, --file <path>', 'file that holds the statement; - is stdin')
    .option(
      '--rows-max <count>',
      'rows to fetch at most',
      wholeNumber(1, QUERY_ROWS_MAX),
      QUERY_ROWS_DEFAULT,
    )
    .addOption(
      new Option('-o, --output <format>', 'how to print')
        .choices(['table', 'json', 'csv'])
        .default('table'),
    )
    .option('--no-headers', 'leave out the line with the column names')
    .action(
      act(async (session, statement: string | undefined, flags: SqlFlags) => {
        const sql = await statementText(statement, flags.file)
        const input = {
          datasource: flags.datasource,
          group: flags.group ?? null,
          sql,
          rowsMax: flags.rowsMax,
        }
        const answer = await session.client.query(input, session.signal)
        if (answer.state !== 'succeeded') {
          errorLines(answer.error ?? { message: `the statement ${answer.state}` }).forEach(
            session.err,
          )
          return EXIT.failed
        }
        const result = (answer.result ?? {}) as QueryResult
        resultLines(result, flags).forEach(session.out)
        if (result.truncated === true) {
          session.err(`Only the first ${flags.rowsMax} rows: --rows-max fetches more.`)
        } else if ((result.columns ?? []).length === 0 && !result.text) {
          session.err('Done; the statement has no rows.')
        }
        return EXIT.ok
      }),
    )
}

async function statementText(argument: string | undefined, file?: string): Promise<string> {
  if (argument !== undefined && file !== undefined) {
    throw new UsageError('give the statement or --file, not both')
  }
  const text = argument ?? (await readInput(file ?? '-'))
  if (text.trim() === '') throw new UsageError('the statement is empty')
  return text
}

function resultLines(result: QueryResult, flags: SqlFlags): string[] {
  if (flags.output === 'json') return [JSON.stringify(result, null, 2)]
  const { columns = [], rows = [] } = result
  if (columns.length === 0) return result.text ? [result.text.trimEnd()] : []
  if (flags.output === 'csv') {
    const lines = rows.map((row) => row.map(csvCell).join(','))
    return flags.headers
      ? [columns.map((column) => csvCell(column.name)).join(','), ...lines]
      : lines
  }
  const shown = columns.map((column, i) => ({
    title: column.name,
    value: (row: readonly unknown[]) => cellText(row[i]),
  }))
  return renderTable(shown, rows, { headers: flags.headers })
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** RFC 4180; NULL is an empty field, an empty text is "". */
function csvCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = cellText(value)
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
