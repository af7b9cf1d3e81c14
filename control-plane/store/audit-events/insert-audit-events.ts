import type { Database } from '../database.ts'
import { jsonParamOrNull, storableText } from '../json-param.ts'

export interface NewAuditEvent {
  readonly atMs: number
  readonly kind: string
  readonly actor: string
  /** UUID. */
  readonly agentId: string | null
  readonly groupName: string | null
  readonly peer: string | null
  readonly message: string
  /** null: nothing more to say. */
  readonly detail: unknown
}

/** One statement, however many events: their ids are in the order given. */
export async function insertAuditEvents(
  db: Database,
  events: readonly NewAuditEvent[],
): Promise<void> {
  if (events.length === 0) return
  await db.query(
    `INSERT INTO audit_events (at_ms, kind, actor, agent_id, group_name, peer, message, detail)
     SELECT at_ms, kind, actor, agent_id, group_name, peer, message, detail
       FROM unnest($1::bigint[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[],
                   $7::text[], $8::jsonb[])
            WITH ORDINALITY AS t (at_ms, kind, actor, agent_id, group_name, peer, message, detail,
                                  position)
      ORDER BY position`,
    [
      events.map((event) => event.atMs),
      events.map((event) => event.kind),
      events.map((event) => storableText(event.actor)),
      events.map((event) => event.agentId),
      events.map((event) => nullableText(event.groupName)),
      events.map((event) => nullableText(event.peer)),
      events.map((event) => storableText(event.message)),
      events.map((event) => jsonParamOrNull(event.detail)),
    ],
  )
}

function nullableText(text: string | null): string | null {
  return text === null ? null : storableText(text)
}
