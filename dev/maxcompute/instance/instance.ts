import { decodeColumn, encodeColumn } from '../store/table-def.ts'
import type { ColumnDef } from '../store/table-def.ts'

export type TaskStatus = 'Running' | 'Success' | 'Failed' | 'Cancelled'

/** What an instance produced: `rows` stand in a table of their own. */
export type InstanceResult =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'rows'; readonly columns: readonly ColumnDef[] }

export interface Instance {
  readonly id: string
  readonly project: string
  readonly taskName: string
  readonly taskType: string
  /** The `<Job>` element as it was sent. */
  readonly job: string
  readonly query: string
  readonly startedMs: number
  endedMs: number | null
  status: TaskStatus
  result: InstanceResult
}

export const NO_RESULT: InstanceResult = { kind: 'text', text: '' }

export function encodeInstance(instance: Instance): string {
  const { result } = instance
  const stored =
    result.kind === 'text'
      ? result
      : { kind: result.kind, columns: result.columns.map(encodeColumn) }
  return JSON.stringify({ ...instance, result: stored })
}

export function decodeInstance(json: string): Instance {
  const stored = JSON.parse(json) as Omit<Instance, 'result'> & {
    result:
      | { kind: 'text'; text: string }
      | { kind: 'rows'; columns: Parameters<typeof decodeColumn>[0][] }
  }
  const { result } = stored
  if (result.kind === 'text') return { ...stored, result }
  return { ...stored, result: { kind: 'rows', columns: result.columns.map(decodeColumn) } }
}
