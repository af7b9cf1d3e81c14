import { findAgentByName } from '../../store/agents/find-agent-by-name.ts'
import { pageAuditEvents } from '../../store/audit-events/page-audit-events.ts'
import type { AuditEventRow } from '../../store/audit-events/page-audit-events.ts'
import { ApiError } from '../api-error.ts'
import type { Api, ApiContext } from '../context.ts'
import { PAGE_ITEMS_DEFAULT } from '../limits.ts'
import { AuditPageShape, AuditQuery, type AuditEventShape } from '../shapes/audit.ts'
import { answers } from '../shapes/building-blocks.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Who did what, and who was refused: the newest first. */
export function auditRoutes(api: Api, context: ApiContext): void {
  api.get(
    '/audit',
    {
      schema: { tags: ['audit'], querystring: AuditQuery, response: answers(200, AuditPageShape) },
    },
    async ({ query }) => auditPage(context, query),
  )
}

async function auditPage(context: ApiContext, query: AuditQuery): Promise<AuditPageShape> {
  const limit = query.limit ?? PAGE_ITEMS_DEFAULT
  const rows = await pageAuditEvents(context.db, {
    kind: query.kind ?? null,
    agentId: query.agent === undefined ? null : await agentIdOf(context, query.agent),
    groupName: query.group ?? null,
    sinceMs: query.sinceMs ?? null,
    beforeId: query.before ?? null,
    limit: limit + 1, // whether there are older ones is known, not guessed
  })
  const items = rows.slice(0, limit).map(auditAnswer)
  return { items, nextBefore: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
}

/** An agent that was deleted is still found by its id. */
async function agentIdOf({ db }: ApiContext, nameOrId: string): Promise<string> {
  const agent = await findAgentByName(db, nameOrId)
  if (agent !== null) return agent.id
  if (UUID.test(nameOrId)) return nameOrId
  throw new ApiError('AGENT_NOT_FOUND', `there is no agent ${nameOrId}`, { where: nameOrId })
}

function auditAnswer(row: AuditEventRow): AuditEventShape {
  const { id, atMs, kind, actor, agentId, agentName, groupName, peer, message, detail } = row
  const agent = agentName ?? agentId
  return { id, atMs, kind, actor, agent, group: groupName, peer, message, detail }
}
