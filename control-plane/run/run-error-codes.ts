import type { WorkErrorCode } from '../../proto/work-error-codes.ts'

/**
 * What the control plane itself says about a run or a query that failed, beside what agents report.
 * The comment behind each is what a user reads in docs/errors.md.
 */
export const PLANE_ERROR_CODES = [
  'RANGE_ALREADY_COMMITTED', // I8: an earlier run of the job has appended these offsets
  'AGENT_LOST', // the agent that held the work is gone, too often in a row; of a query: outcome unknown
  'JOB_UNREADABLE', // the stored version of the job cannot be parsed any more, so the run cannot go on
  'DATASOURCE_GONE', // the data source was deleted, or its secrets cannot be opened
  'NO_AGENT', // no agent of the resource group is online to execute a query
  'NOT_COMMITTED', // a held run that a person has resolved as not committed
] as const

export type RunErrorCode = WorkErrorCode | (typeof PLANE_ERROR_CODES)[number]
