/** How reasons speak of several things, of times and of speeds. */
import type { ExplainAgent, OtherRun } from './snapshot.ts'

export const NAMES_SHOWN_MAX = 10

export function names(agents: readonly ExplainAgent[]): string[] {
  return agents.slice(0, NAMES_SHOWN_MAX).map((agent) => agent.name)
}

/** The first few of so many. */
export function listed(some: readonly string[], count: number): string {
  const shown = some.slice(0, NAMES_SHOWN_MAX)
  const more = count - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

export function silence({ heartbeatAtMs, isReady }: ExplainAgent, nowMs: number): string {
  if (isReady) return ''
  if (heartbeatAtMs === null) return ' (never seen)'
  return ` (last seen ${ago(nowMs - heartbeatAtMs)} ago)`
}

function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return `${Math.round(seconds / 3_600)} h`
}

export function runText({ id, jobName, slices }: OtherRun): string {
  return `run ${id} of ${jobName} (${slices})`
}

/** How the group gets one more agent; said after a colon. */
export function addAgent(groupName: string): string {
  return `sluice agent add --group ${groupName} prints the command for its host`
}

export function mbps(bytesPerSecond: number): string {
  return `${(bytesPerSecond / 1024 / 1024).toFixed(1)} MB/s`
}
