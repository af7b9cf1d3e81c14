import type { Heartbeat } from '../../../proto/gen/sluice/agent/v1/Heartbeat.ts'
import { heardFrom } from '../agent-presence.ts'
import type { FrameContext } from '../link-context.ts'

/** Renews the lease at once; the store hears of it in turn, of the newest beat only. */
export function onHeartbeat(at: FrameContext, heartbeat: Heartbeat): void {
  const { link, record, session } = at
  heardFrom(link, record)
  session.send({
    heartbeatAck: {
      beatNo: heartbeat.beatNo,
      leaseMs: link.settings.leaseMs,
      beatMs: link.settings.beatMs,
      planeTimeMs: link.clock.nowMs(),
    },
  })
  offerAgain(at)
  const isQueued = record.beatToSave !== null
  record.beatToSave = heartbeat
  if (!isQueued) record.queue.push(() => saveNewestBeat(at))
}

/** A refusal for want of disk space holds for one beat: the agent looks again when it is asked again. */
function offerAgain({ link, record }: FrameContext): void {
  if (!record.hasNoRoom) return
  record.hasNoRoom = false
  if (record.isReady) record.queue.push(() => link.events.agentReady(record.ready))
}

async function saveNewestBeat({ link, record, session }: FrameContext): Promise<void> {
  const heartbeat = record.beatToSave
  record.beatToSave = null
  if (heartbeat === null) return
  const atMs = link.clock.nowMs()
  await link.store.saveBeat({
    agentId: record.agentId,
    sessionEpoch: session.epoch,
    state: record.storedState,
    heartbeat,
    atMs,
    leaseUntilMs: atMs + link.settings.leaseMs,
  })
}
