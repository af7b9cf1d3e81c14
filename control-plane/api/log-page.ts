/** Pages of log lines, the same for runs and agents. */
import type { Database } from '../store/database.ts'
import type { LogLineRow } from '../store/log-lines/log-line-row.ts'
import { pageAgentLog } from '../store/log-lines/page-agent-log.ts'
import { pageRunLog } from '../store/log-lines/page-run-log.ts'
import { PAGE_ITEMS_DEFAULT } from './limits.ts'
import type { LogLineShape, LogPage } from './shapes/run.ts'

export type LogOwner =
  | { readonly kind: 'run'; readonly runId: number }
  | { readonly kind: 'agent'; readonly agentId: string }

/** One more than asked for is read: whether a next page exists is known, not guessed. */
export async function logPage(
  db: Database,
  owner: LogOwner,
  query: { readonly after?: number; readonly limit?: number },
): Promise<LogPage> {
  const limit = query.limit ?? PAGE_ITEMS_DEFAULT
  const page = { afterId: query.after ?? 0, limit: limit + 1 }
  const rows =
    owner.kind === 'run'
      ? await pageRunLog(db, { ...page, runId: owner.runId })
      : await pageAgentLog(db, { ...page, agentId: owner.agentId })
  const items = rows.slice(0, limit).map(logLineAnswer)
  return { items, nextAfter: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
}

function logLineAnswer(row: LogLineRow): LogLineShape {
  const { id, workId, attempt, atMs, level, message, fields } = row
  const agent = row.agentName ?? row.agentId
  return { id, runId: row.runId, agent, workId, attempt, atMs, level, message, fields }
}
