import type { Database } from '../database.ts'
import type { NewAuditEvent } from './insert-audit-events.ts'

export interface AuditEventRow extends NewAuditEvent {
  readonly id: number
  /** As it is called now; null: of no agent, or the agent was deleted since. */
  readonly agentName: string | null
}

export interface AuditPage {
  readonly kind: string | null
  readonly agentId: string | null
  readonly groupName: string | null
  /** Events from then on; null: however old. */
  readonly sinceMs: number | null
  /** Events with a smaller id; null: from the newest. */
  readonly beforeId: number | null
  readonly limit: number
}

/** The newest first. */
export function pageAuditEvents(db: Database, page: AuditPage): Promise<AuditEventRow[]> {
  return db.query<AuditEventRow>(
    `SELECT e.id, e.at_ms AS "atMs", e.kind, e.actor, e.agent_id AS "agentId",
            a.name AS "agentName", e.group_name AS "groupName", e.peer, e.message, e.detail
       FROM audit_events e LEFT JOIN agents a ON a.id = e.agent_id
      WHERE ($1::text IS NULL OR e.kind = $1)
        AND ($2::uuid IS NULL OR e.agent_id = $2)
        AND ($3::text IS NULL OR e.group_name = $3)
        AND ($4::bigint IS NULL OR e.at_ms >= $4)
        AND ($5::bigint IS NULL OR e.id < $5)
      ORDER BY e.id DESC
      LIMIT $6`,
    [page.kind, page.agentId, page.groupName, page.sinceMs, page.beforeId, page.limit],
  )
}
