/** The one list of what an agent can say after Hello: a kind without a handler does not compile. */
import type { AgentFrame } from '../../../proto/gen/sluice/agent/v1/AgentFrame.ts'
import type { FrameContext } from '../link-context.ts'
import type { AgentFrameKind } from '../session-state.ts'
import { onAccept } from './accept.ts'
import { onBye } from './bye.ts'
import { onHeartbeat } from './heartbeat.ts'
import { onProbeAck } from './probe-ack.ts'
import { onProgress } from './progress.ts'
import { onReconciled } from './reconciled.ts'
import { onReject } from './reject.ts'
import { onRenewCertificate } from './renew-certificate.ts'
import { onResult } from './result.ts'
import { onUpgradeState } from './upgrade-state.ts'

type FrameHandlers = {
  readonly [K in Exclude<AgentFrameKind, 'hello'>]: (
    at: FrameContext,
    body: NonNullable<AgentFrame[K]>,
  ) => void
}

const FRAME_HANDLERS: FrameHandlers = {
  reconciled: onReconciled,
  heartbeat: onHeartbeat,
  accept: onAccept,
  reject: onReject,
  progress: onProgress,
  result: onResult,
  bye: onBye,
  probeAck: onProbeAck,
  renewCertificate: onRenewCertificate,
  upgradeState: onUpgradeState,
}

/** The frame is in order: the session's state machine said so. */
export function dispatchFrame(at: FrameContext, frame: AgentFrame): void {
  const kind = frame.frame
  if (kind === undefined || kind === 'hello') return
  const handler = FRAME_HANDLERS[kind] as (at: FrameContext, body: unknown) => void
  handler(at, frame[kind])
}
