/** What the control plane forgets in time: every hour, in bounded statements. */
import type { Logger } from 'pino'

import {
  deleteOldAgentSamples,
  OLD_AGENT_SAMPLES_PER_DELETE,
} from './store/agent-samples/delete-old-agent-samples.ts'
import {
  deleteOldAuditEvents,
  OLD_AUDIT_EVENTS_PER_DELETE,
} from './store/audit-events/delete-old-audit-events.ts'
import type { Database } from './store/database.ts'
import { deleteExpiredEnrolTokens } from './store/enrol-tokens/delete-expired-enrol-tokens.ts'
import {
  deleteOldLogLines,
  OLD_LOG_LINES_PER_DELETE,
} from './store/log-lines/delete-old-log-lines.ts'

const HOUR_MS = 60 * 60 * 1_000
const DAY_MS = 24 * HOUR_MS
const AUDIT_RETENTION_DAYS = 365
const SAMPLE_RETENTION_MS = 2 * DAY_MS
/** Thousands of agents write as many samples a minute: they go at the same pace. */
const SAMPLE_SWEEP_MS = 60 * 1_000
/** So long an expired token can still say that it expired, instead of being unknown. */
const EXPIRED_TOKEN_KEEP_MS = DAY_MS

/** Returns what stops it. */
export function startHousekeeping(options: {
  readonly db: Database
  readonly logRetentionDays: number
  readonly nowMs: () => number
  readonly log: Logger
}): () => void {
  const { db, logRetentionDays, nowMs, log } = options
  const timer = setInterval(() => {
    forgetOld(db, logRetentionDays, nowMs()).catch((error: unknown) =>
      log.error({ err: error }, 'housekeeping of the store'),
    )
  }, HOUR_MS)
  const samples = setInterval(() => {
    forgetOldSamples(db, nowMs()).catch((error: unknown) =>
      log.error({ err: error }, 'samples of agents that are too old'),
    )
  }, SAMPLE_SWEEP_MS)
  return () => {
    clearInterval(timer)
    clearInterval(samples)
  }
}

async function forgetOld(db: Database, logRetentionDays: number, nowMs: number): Promise<void> {
  await deleteExpiredEnrolTokens(db, nowMs - EXPIRED_TOKEN_KEEP_MS)
  const logsBeforeMs = nowMs - logRetentionDays * DAY_MS
  while ((await deleteOldLogLines(db, logsBeforeMs)) === OLD_LOG_LINES_PER_DELETE);
  const auditBeforeMs = nowMs - AUDIT_RETENTION_DAYS * DAY_MS
  while ((await deleteOldAuditEvents(db, auditBeforeMs)) === OLD_AUDIT_EVENTS_PER_DELETE);
}

async function forgetOldSamples(db: Database, nowMs: number): Promise<void> {
  const beforeMs = nowMs - SAMPLE_RETENTION_MS
  while ((await deleteOldAgentSamples(db, beforeMs)) === OLD_AGENT_SAMPLES_PER_DELETE);
}
