import { setTimeout as sleep } from 'node:timers/promises'

import type { Story } from './story.ts'
import { World } from './world.ts'

const STORY_TIMEOUT_MS = 5 * 60_000
const LONG_STORY_TIMEOUT_MS = 25 * 60_000

/** Tells them one after the other in one world; resolves with how many failed. */
export async function tellStories(
  stories: readonly Story[],
  options: { readonly logDir: string; readonly bundleDir: string; readonly isLong: boolean },
): Promise<number> {
  const { logDir, bundleDir, isLong } = options
  const say = (line: string): void => void process.stdout.write(`  ${line}\n`)
  const startedMs = performance.now()
  const world = await World.start(logDir, bundleDir)
  process.stdout.write(`the bed is ready after ${secondsSince(startedMs)} s\n`)
  let failed = 0
  for (const { name, title, tell } of stories) {
    process.stdout.write(`${name}: ${title}\n`)
    const toldMs = performance.now()
    try {
      await withTimeout(
        tell({ world, isLong, say }),
        isLong ? LONG_STORY_TIMEOUT_MS : STORY_TIMEOUT_MS,
      )
      process.stdout.write(`  passed in ${secondsSince(toldMs)} s\n`)
    } catch (error) {
      failed += 1
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
      process.stdout.write(
        `  FAILED after ${secondsSince(toldMs)} s: ${text.replaceAll('\n', '\n  ')}\n`,
      )
      await world.keepEvidence(name)
    }
    await world.clearAway()
  }
  process.stdout.write(`${stories.length - failed} passed, ${failed} failed\n`)
  return failed
}

async function withTimeout(told: Promise<void>, timeoutMs: number): Promise<void> {
  const over = new AbortController()
  const late = sleep(timeoutMs, null, { signal: over.signal }).then(() => {
    throw new Error(`the story is not over after ${timeoutMs / 1000} s`)
  })
  late.catch(() => {})
  try {
    await Promise.race([told, late])
  } finally {
    over.abort()
  }
}

function secondsSince(startMs: number): string {
  return ((performance.now() - startMs) / 1000).toFixed(1)
}
