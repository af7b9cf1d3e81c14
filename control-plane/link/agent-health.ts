import type { AgentHealth } from '../upgrade/scheduler.ts'
import type { LinkContext } from './link-context.ts'

/** How an upgrade sees an agent; null: it is revoked, or this process has never heard of it. */
export function agentHealth(link: LinkContext, agentId: string): AgentHealth | null {
  const record = link.registry.get(agentId)
  if (record === undefined || record.revoked) return null
  const { running, session, presence, admitting } = record
  const isOnline = session?.isOpen === true && presence === 'online' && admitting === 0
  return {
    version: running?.version ?? '',
    arch: running?.arch ?? '',
    onlineSinceMs: isOnline && running !== null ? running.sinceMs : null,
    heardAtMs: link.clock.nowMs() - (link.clock.monotonicMs() - record.lastHeardMs),
    isReady: record.isReady,
    works: record.outstanding.size,
  }
}
