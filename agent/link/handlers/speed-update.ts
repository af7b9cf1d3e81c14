import type { SpeedUpdate } from '../../../proto/gen/sluice/agent/v1/SpeedUpdate.ts'
import type { FrameTarget } from './frame-target.ts'

export function onSpeedUpdate(target: FrameTarget, update: SpeedUpdate): void {
  const { workId, attempt, bytesPerSecond } = update
  target.parts.desk.setSpeed({ workId, attempt }, bytesPerSecond)
}
