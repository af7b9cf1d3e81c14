/** SQL as a user runs it: through the control plane, on an agent of the group. */
import type { ApiClient } from '../../cli/client.ts'
import { LocalSystemError } from './errors.ts'

export interface SqlTarget {
  readonly client: ApiClient
  readonly group: string
  /** A MaxCompute data source. */
  readonly datasource: string
}

export interface SqlResult {
  readonly columns: readonly string[]
  /** Values as text; lists, maps and structs as JSON. */
  readonly rows: readonly (readonly (string | null)[])[]
}

/** Rejects with LocalSystemError QUERY_FAILED, which carries the service's own message. */
export async function runSql(target: SqlTarget, sql: string, rowsMax = 10_000): Promise<SqlResult> {
  const { client, group, datasource } = target
  const answer = await client.query({ datasource, group, sql, rowsMax })
  if (answer.state !== 'succeeded') {
    const error = answer.error as { code?: string; message?: string } | null
    const message = `${error?.code ?? answer.state}: ${error?.message ?? 'no message'} (${sql.slice(0, 200)})`
    throw new LocalSystemError('QUERY_FAILED', message)
  }
  const result = answer.result as {
    columns?: readonly { readonly name: string }[]
    rows?: readonly (readonly unknown[])[]
  } | null
  return {
    columns: (result?.columns ?? []).map((column) => column.name),
    rows: (result?.rows ?? []).map((row) => row.map(cellText)),
  }
}

function cellText(cell: unknown): string | null {
  if (cell === null) return null
  return typeof cell === 'string' ? cell : JSON.stringify(cell)
}
