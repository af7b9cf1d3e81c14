import type { StepKind } from './run-state.ts'

/** What a piece of work is; its text form is the `work_id` of the agent link. */
export type WorkId =
  | { readonly kind: 'slice'; readonly runId: number; readonly sliceNo: number }
  | { readonly kind: 'step'; readonly runId: number; readonly step: StepKind }
  | { readonly kind: 'query'; readonly queryId: string }
  /** A question of agent-requests.ts. */
  | { readonly kind: 'request' }

export function sliceWorkId(runId: number, sliceNo: number): string {
  return `run-${runId}/slice-${sliceNo}`
}

export function stepWorkId(runId: number, step: StepKind): string {
  return `run-${runId}/${step}`
}

export function queryWorkId(queryId: string): string {
  return `query-${queryId}`
}

const WORK_ID =
  /^(?:run-(?<run>\d{1,15})\/(?:slice-(?<slice>\d{1,5})|(?<step>plan|open|verify|complete|publish))|query-(?<query>[0-9a-f-]{36})|(?<request>test|diagnose)-[0-9a-f-]{36})$/

/** null: not a work id of ours. */
export function parseWorkId(text: string): WorkId | null {
  const groups = WORK_ID.exec(text)?.groups
  if (groups === undefined) return null
  const { run, slice, step, query, request } = groups
  if (request !== undefined) return { kind: 'request' }
  if (query !== undefined) return { kind: 'query', queryId: query }
  const runId = Number(run)
  if (slice !== undefined) return { kind: 'slice', runId, sliceNo: Number(slice) }
  return { kind: 'step', runId, step: step as StepKind }
}
