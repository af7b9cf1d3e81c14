import type { Upgrade } from '../../../proto/gen/sluice/agent/v1/Upgrade.ts'
import type { FrameTarget } from './frame-target.ts'

export function onUpgrade(target: FrameTarget, upgrade: Upgrade): void {
  target.parts.onUpgrade(upgrade)
}
