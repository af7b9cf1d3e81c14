import { connectivityStory } from './stories/connectivity.ts'
import { copiesStory } from './stories/copies.ts'
import { fiveStepsStory } from './stories/five-steps.ts'
import { linkCutStory } from './stories/link-cut.ts'
import { networkStory } from './stories/network.ts'
import { powerLossStory } from './stories/power-loss.ts'
import { clockStory, fullDiskStory, interceptionStory, proxyStory } from './stories/preflight.ts'
import { restartStory } from './stories/restart.ts'
import { systemdStory } from './stories/systemd.ts'
import type { Story } from './story.ts'

export const STORIES: readonly Story[] = [
  networkStory,
  fiveStepsStory,
  systemdStory,
  clockStory,
  fullDiskStory,
  proxyStory,
  interceptionStory,
  connectivityStory,
  copiesStory,
  powerLossStory,
  linkCutStory,
  restartStory,
]
