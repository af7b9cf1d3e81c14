import { becomeLost, becomeSuspect, reportLoss } from './agent-presence.ts'
import type { AgentRecord } from './agent-record.ts'
import { presenceAfter, wasDeaf } from './lease.ts'
import type { LinkContext } from './link-context.ts'

/** Looks at every lease each `sweepMs`. Returns what stops it. */
export function startLeaseSweep(link: LinkContext): () => void {
  let lastLookMs = link.clock.monotonicMs()
  let cancel = (): void => {}
  const look = (): void => {
    const nowMs = link.clock.monotonicMs()
    if (wasDeaf(nowMs - lastLookMs, link.settings)) {
      // L2: this process was paused; what agents said meanwhile still waits in its sockets.
      link.log.warn(
        { pausedMs: nowMs - lastLookMs },
        'this process was paused: fresh leases for all',
      )
      for (const record of link.registry.all()) record.lastHeardMs = nowMs
    }
    lastLookMs = nowMs
    for (const record of link.registry.all()) lookAt(link, record, nowMs)
    cancel = link.clock.after(link.settings.sweepMs, look)
  }
  cancel = link.clock.after(link.settings.sweepMs, look)
  return () => cancel()
}

function lookAt(link: LinkContext, record: AgentRecord, nowMs: number): void {
  if (record.presence === 'offline') {
    if (record.lossToReport !== null && record.queue.length === 0) reportLoss(link, record)
    return
  }
  if (record.session?.isPaused === true) record.lastHeardMs = nowMs // L2
  const silentMs = nowMs - record.lastHeardMs
  const presence = presenceAfter(silentMs, link.settings)
  if (presence === 'offline') {
    record.session?.breakOff('the lease is over')
    becomeLost(link, record, `nothing was heard of the agent for ${Math.round(silentMs)} ms`)
  } else if (presence === 'suspect' && record.presence === 'online') {
    becomeSuspect(link, record)
  }
}
