import { becomeLost, becomeSuspect, reportLoss } from './agent-presence.ts'
import type { AgentRecord } from './agent-record.ts'
import { lateMs, presenceAfter, wasDeaf } from './lease.ts'
import type { LinkContext } from './link-context.ts'

/** So many Hellos between two looks are a crowd: a fleet comes back. */
const CROWD_HELLOS = 10
/** Whoever has not come back after so long of a crowd is not waiting at the door any more. */
const CROWD_MS_MAX = 120_000

/**
 * Looks at every lease each `sweepMs`, and at how busy this process was meanwhile (0 to 1). Returns what
 * stops it.
 */
export function startLeaseSweep(link: LinkContext, busy: () => number): () => void {
  let lastLookMs = link.clock.monotonicMs()
  let lastArrivals = link.gate.arrivals
  let crowdSinceMs: number | null = null
  let cancel = (): void => {}
  const look = (): void => {
    const nowMs = link.clock.monotonicMs()
    if (wasDeaf(nowMs - lastLookMs, link.settings)) {
      // L2: this process was paused; what agents said meanwhile still waits in its sockets.
      link.log.warn(
        { pausedMs: nowMs - lastLookMs },
        'this process was paused: fresh leases for all',
      )
      for (const record of link.registry.all()) heardAt(record, nowMs)
    }
    const { arrivals, waiting } = link.gate
    const isCrowd = arrivals - lastArrivals >= CROWD_HELLOS || waiting > 0
    crowdSinceMs = isCrowd ? (crowdSinceMs ?? nowMs) : null
    const late = lateMs(nowMs - lastLookMs, link.settings)
    lastLookMs = nowMs
    lastArrivals = arrivals
    const spared = crowdSinceMs !== null && nowMs - crowdSinceMs < CROWD_MS_MAX
    let present = 0
    for (const record of link.registry.all()) {
      if (record.presence !== 'offline') present += 1
      // L2: what came meanwhile still waits in its socket; L3: who is not in may stand at the door.
      if (late > 0) heardAt(record, Math.min(nowMs, record.lastHeardMs + late))
      if (spared && record.session === null && record.presence !== 'offline') {
        heardAt(record, nowMs)
      }
      lookAt(link, record, nowMs)
    }
    link.pace.look(present, busy())
    cancel = link.clock.after(link.settings.sweepMs, look)
  }
  cancel = link.clock.after(link.settings.sweepMs, look)
  return () => cancel()
}

/** Never earlier than it was: a fleet that is expected back has its time in advance. */
function heardAt(record: AgentRecord, atMs: number): void {
  record.lastHeardMs = Math.max(record.lastHeardMs, atMs)
}

function lookAt(link: LinkContext, record: AgentRecord, nowMs: number): void {
  if (record.presence === 'offline') {
    if (record.lossToReport !== null && record.queue.length === 0) reportLoss(link, record)
    return
  }
  if (record.session?.isPaused === true) heardAt(record, nowMs) // L2
  const silentMs = nowMs - record.lastHeardMs
  const { graceMs } = link.settings
  const presence = presenceAfter(silentMs, { ...(record.told ?? link.settings), graceMs })
  if (presence === 'offline') {
    record.session?.breakOff('the lease is over')
    becomeLost(link, record, `nothing was heard of the agent for ${Math.round(silentMs)} ms`)
  } else if (presence === 'suspect' && record.presence === 'online') {
    becomeSuspect(link, record)
  }
}
