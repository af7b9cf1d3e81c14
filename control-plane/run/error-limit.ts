/** The job's error limit, applied. Pure. See reference: a count wins over a share. */
import type { ErrorLimit } from '../job/job.ts'

/** Checked at each staged slice: a count may be exceeded before everything is read. The message, or null. */
export function countExceeded(limit: ErrorLimit, dirtyRecords: number): string | null {
  if (limit.records === null || dirtyRecords <= limit.records) return null
  return `${dirtyRecords} dirty records, but errorLimit.record allows ${limit.records}`
}

/** Checked when everything is read; only where no count is set. The message, or null. */
export function shareExceeded(
  limit: ErrorLimit,
  dirtyRecords: number,
  rows: number,
): string | null {
  if (limit.records !== null || limit.percentage === null || dirtyRecords === 0) return null
  const share = dirtyRecords / (rows + dirtyRecords)
  if (share <= limit.percentage) return null
  return (
    `${dirtyRecords} of ${rows + dirtyRecords} records are dirty (${(share * 100).toFixed(3)} %), ` +
    `but errorLimit.percentage allows ${limit.percentage * 100} %`
  )
}
