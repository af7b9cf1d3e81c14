import type { Probe } from '../../../proto/gen/sluice/agent/v1/Probe.ts'
import type { FrameTarget } from './frame-target.ts'

/** Somebody else says Hello as this agent: yes, this one is alive. */
export function onProbe(target: FrameTarget, { nonce }: Probe): void {
  target.answerProbe(nonce)
}
