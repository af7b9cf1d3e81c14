/** What is measured, one phase after the other. */
import { setTimeout as sleep } from 'node:timers/promises'

import { cpuSeconds } from '../process-usage.ts'
import type { Horde } from './horde.ts'
import { type Plane, rssBytes } from './plane.ts'

/** Enrolments under way at once: an installer that rolls out over many hosts. */
const ENROL_AT_ONCE = 200
/** A rack that is rolled out with one command. */
const HOSTS_PER_TOKEN = 100
/** A garbage collection or two, before memory is compared. */
const SETTLE_MS = 5_000
const TICK_MS = 1_000

export type Progress = (text: string) => void

/** Of each agent, made before anything is measured. */
export async function makeTokens(plane: Plane, group: string, agents: number): Promise<string[]> {
  const tokens: string[] = []
  while (tokens.length < agents) {
    const uses = Math.min(HOSTS_PER_TOKEN, agents - tokens.length)
    const { token } = await plane.client.createEnrolToken(group, uses === 1 ? {} : { uses })
    for (let use = 0; use < uses; use += 1) tokens.push(token)
  }
  return tokens
}

/** Seconds from the first Enrol to the last Reconciled. */
export async function enrolAll(
  horde: Horde,
  tokens: readonly string[],
  progress: Progress,
): Promise<number> {
  const startedMs = performance.now()
  const allActive = horde.counts.whenActive(horde.agents.length)
  const stopTelling = tell(() => progress(`enrolling: ${horde.counts.active} are in`))
  try {
    await horde.enrol((index) => tokens[index] ?? '', ENROL_AT_ONCE)
    return ((await allActive) - startedMs) / 1000
  } finally {
    stopTelling()
  }
}

interface IdleFigures {
  readonly seconds: number
  readonly rssBytes: number
  readonly cpuPercent: number
  readonly hordeCpuPercent: number
  readonly beatsPerSecond: number
}

/** Nothing but beats. */
export async function idle(plane: Plane, horde: Horde, seconds: number): Promise<IdleFigures> {
  const { pid } = plane.process
  const beatsBefore = horde.counts.beatsAcknowledged
  const cpuBefore = cpuSeconds(pid)
  const hordeCpuBefore = cpuSeconds(process.pid)
  const startedMs = performance.now()
  await sleep(seconds * 1000)
  const elapsed = (performance.now() - startedMs) / 1000
  return {
    seconds: elapsed,
    rssBytes: rssBytes(pid),
    cpuPercent: ((cpuSeconds(pid) - cpuBefore) / elapsed) * 100,
    hordeCpuPercent: ((cpuSeconds(process.pid) - hordeCpuBefore) / elapsed) * 100,
    beatsPerSecond: (horde.counts.beatsAcknowledged - beatsBefore) / elapsed,
  }
}

interface ReconnectFigures {
  /** From kill -9 to the last Reconciled. */
  readonly sinceKillSeconds: number
  /** From the start of the new process to the last Reconciled. */
  readonly reconnectSeconds: number
  /** From the start of the new process until it was ready. */
  readonly startSeconds: number
}

export async function killAndReconnect(
  plane: Plane,
  horde: Horde,
  progress: Progress,
): Promise<ReconnectFigures> {
  const killedMs = performance.now()
  await plane.process.kill()
  horde.counts.clear()
  const restartedMs = performance.now()
  plane.process.start()
  const allActive = horde.counts.whenActive(horde.agents.length)
  const stopTelling = tell(() =>
    progress(`reconnecting: ${horde.counts.active} are back (${horde.counts.dials} dials)`),
  )
  try {
    await plane.process.ready()
    const readyMs = performance.now()
    const activeMs = await allActive
    return {
      sinceKillSeconds: (activeMs - killedMs) / 1000,
      reconnectSeconds: (activeMs - restartedMs) / 1000,
      startSeconds: (readyMs - restartedMs) / 1000,
    }
  } finally {
    stopTelling()
  }
}

export async function memoryBefore(plane: Plane): Promise<number> {
  await sleep(SETTLE_MS)
  return rssBytes(plane.process.pid)
}

interface StateCounts {
  readonly [state: string]: number
}

/** As the API says it. */
export async function agentStates(plane: Plane, group: string): Promise<StateCounts> {
  const { items } = await plane.client.listAgents(group)
  const counts: Record<string, number> = {}
  for (const { state } of items) counts[state] = (counts[state] ?? 0) + 1
  return counts
}

function tell(say: () => void): () => void {
  const timer = setInterval(say, TICK_MS)
  return () => clearInterval(timer)
}
