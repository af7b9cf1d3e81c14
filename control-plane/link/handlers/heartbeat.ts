import type { Heartbeat } from '../../../proto/gen/sluice/agent/v1/Heartbeat.ts'
import { heardFrom } from '../agent-presence.ts'
import type { FrameContext } from '../link-context.ts'

/** Renews the lease at once; the store hears of it in its own time (beat-writer.ts). */
export function onHeartbeat(at: FrameContext, heartbeat: Heartbeat): void {
  const { link, record, session } = at
  heardFrom(link, record)
  record.told = link.pace.now
  session.send({
    heartbeatAck: {
      beatNo: heartbeat.beatNo,
      ...record.told,
      planeTimeMs: link.clock.nowMs(),
    },
  })
  offerAgain(at)
  link.beats.heard(record, heartbeat)
}

/** A refusal for want of disk space holds for one beat: the agent looks again when it is asked again. */
function offerAgain({ link, record }: FrameContext): void {
  if (!record.hasNoRoom) return
  record.hasNoRoom = false
  if (record.isReady) record.queue.push(() => link.events.agentReady(record.ready))
}
