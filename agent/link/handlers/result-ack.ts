import type { ResultAck } from '../../../proto/gen/sluice/agent/v1/ResultAck.ts'
import type { FrameTarget } from './frame-target.ts'

/** Durable there: it may go here. */
export function onResultAck(target: FrameTarget, { workId, attempt }: ResultAck): void {
  void target.parts.spool.drop({ workId, attempt })
}
