import type { Fenced } from '../../../proto/gen/sluice/agent/v1/Fenced.ts'
import type { FrameTarget } from './frame-target.ts'

export function onFenced(target: FrameTarget, { reason, message, enrolToken }: Fenced): void {
  target.finish({ kind: 'fenced', reason, message, enrolToken })
}
