/** The one list of what the control plane can say: a kind without a handler does not compile. */
import type { PlaneFrame } from '../../../proto/gen/sluice/agent/v1/PlaneFrame.ts'
import { onAssign } from './assign.ts'
import { onCancel } from './cancel.ts'
import { onDrain } from './drain.ts'
import { onFenced } from './fenced.ts'
import type { FrameTarget } from './frame-target.ts'
import { onGoAway } from './go-away.ts'
import { onHeartbeatAck } from './heartbeat-ack.ts'
import { onNewCertificate } from './new-certificate.ts'
import { onProbe } from './probe.ts'
import { onResultAck } from './result-ack.ts'
import { onSpeedUpdate } from './speed-update.ts'
import { onUpgrade } from './upgrade.ts'
import { onWelcome } from './welcome.ts'

type PlaneFrameKind = NonNullable<PlaneFrame['frame']>

type FrameHandlers = {
  readonly [K in PlaneFrameKind]: (target: FrameTarget, body: NonNullable<PlaneFrame[K]>) => void
}

const FRAME_HANDLERS: FrameHandlers = {
  welcome: onWelcome,
  fenced: onFenced,
  heartbeatAck: onHeartbeatAck,
  assign: onAssign,
  cancel: onCancel,
  resultAck: onResultAck,
  drain: onDrain,
  goAway: onGoAway,
  probe: onProbe,
  newCertificate: onNewCertificate,
  speedUpdate: onSpeedUpdate,
  upgrade: onUpgrade,
}

/** A kind that this version does not know is left alone: newer control planes may say more. */
export function dispatchFrame(target: FrameTarget, frame: PlaneFrame): void {
  const kind = frame.frame
  if (kind === undefined) return
  const handler = FRAME_HANDLERS[kind] as (target: FrameTarget, body: unknown) => void
  handler(target, frame[kind])
}
