import type { ProbeAck } from '../../../proto/gen/sluice/agent/v1/ProbeAck.ts'
import type { FrameContext } from '../link-context.ts'

/** Past the agent's queue: there, who waits for it stands before it. */
export function onProbeAck({ session }: FrameContext, { nonce }: ProbeAck): void {
  session.probeAnswered(nonce)
}
