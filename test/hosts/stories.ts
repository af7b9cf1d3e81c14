import { networkStory } from './stories/network.ts'
import type { Story } from './story.ts'

export const STORIES: readonly Story[] = [networkStory]
