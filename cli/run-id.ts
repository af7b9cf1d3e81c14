import { UsageError } from './client-error.ts'

/** A run's number as it stands on the command line. */
export function runId(text: string): number {
  const id = Number(text)
  if (!Number.isSafeInteger(id) || id < 1) throw new UsageError(`a run is a number, found: ${text}`)
  return id
}
