/**
 * `npm run bench:horde`: thousands of agents against one control plane. README.md says what is
 * measured and how. Exit codes: 0 measured, 1 failed, 2 wrong usage.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { assignPhase, sliceMs, slicesPerRun } from './assign-phase.ts'
import { Horde } from './horde.ts'
import { openFilesProblem } from './open-files.ts'
import { type HordeOptions, readOptions, USAGE, UsageError } from './options.ts'
import {
  agentStates,
  enrolAll,
  idle,
  killAndReconnect,
  makeTokens,
  memoryBefore,
  type Progress,
} from './phases.ts'
import { PlaneLog, startPlane, type Plane } from './plane.ts'

const GROUP = 'horde'
const CHANNELS = 2

/** Thousands are refused while the control plane is away: where in this file a dial began says nothing. */
Error.stackTraceLimit = 0

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options === null) {
    process.stdout.write(`${USAGE}\n`)
    return
  }
  const problem = openFilesProblem(options.agents)
  if (problem !== null) throw new UsageError(problem)
  const progress: Progress = (text) => void process.stderr.write(`${text}\n`)
  const stateDir = options.stateDir ?? mkdtempSync(join(tmpdir(), 'sluice-horde-'))
  mkdirSync(stateDir, { recursive: true })
  const plane = await startPlane(stateDir, options.nodeFlags)
  const stop = (): void => void plane.process.kill().finally(() => process.exit(1))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    const report = await measure(plane, options, progress)
    process.stdout.write(`${options.json ? JSON.stringify(report) : textOf(report)}\n`)
  } finally {
    await plane.process.stop()
    if (options.stateDir === null) rmSync(stateDir, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function measure(plane: Plane, options: HordeOptions, progress: Progress) {
  const { agents } = options
  const log = new PlaneLog(plane.process.logPath)
  await plane.client.createGroup(GROUP)
  progress(`making ${agents} keys and tokens`)
  const settings = {
    agents,
    channels: CHANNELS,
    workMs: sliceMs(options),
    slicesPerRun: slicesPerRun(options),
  }
  const horde = await Horde.make(plane, settings)
  try {
    const tokens = await makeTokens(plane, GROUP, agents)
    const rssBefore = await memoryBefore(plane)
    const enrolSeconds = await enrolAll(horde, tokens, progress)
    progress(`all are in after ${enrolSeconds.toFixed(1)} s; idle for ${options.idleSeconds} s`)
    const quiet = await idle(plane, horde, options.idleSeconds)
    progress(JSON.stringify(quiet))
    log.read()
    progress(
      `the control plane's log: lost ${log.lost}, suspected ${log.suspected}, errors ${log.errors} ${log.lastError}`,
    )
    const assigned = options.without.includes('assign')
      ? null
      : await assignPhase(plane, horde, GROUP, options, progress)
    progress(JSON.stringify(assigned))
    await horde.prepareReturn()
    const reconnect = options.without.includes('kill')
      ? null
      : await killAndReconnect(plane, horde, progress)
    log.read()
    return {
      agents,
      enrolSeconds: round(enrolSeconds),
      assignP50Ms: roundOrNull(assigned?.p50Ms),
      assignP99Ms: roundOrNull(assigned?.p99Ms),
      assignsPerSecond: roundOrNull(assigned?.perSecond),
      assignCpuPercent: roundOrNull(assigned?.cpuPercent),
      reconnectSeconds: roundOrNull(reconnect?.reconnectSeconds),
      sinceKillSeconds: roundOrNull(reconnect?.sinceKillSeconds),
      startSeconds: roundOrNull(reconnect?.startSeconds),
      kbPerAgent: round((quiet.rssBytes - rssBefore) / agents / 1024),
      falseDead: log.lost,
      falseSuspect: log.suspected,
      cpuPercent: round(quiet.cpuPercent),
      hordeCpuPercent: round(quiet.hordeCpuPercent),
      beatsPerSecond: round(quiet.beatsPerSecond),
      rssMiB: round(quiet.rssBytes / 1024 / 1024),
      rssBeforeMiB: round(rssBefore / 1024 / 1024),
      states: await agentStates(plane, GROUP),
      enrolsRepeated: horde.counts.enrolsRepeated,
      goAways: horde.counts.goAways,
      fenced: horde.counts.fenced,
      lastFence: horde.counts.lastFence,
      errors: log.errors,
    }
  } finally {
    horde.stop()
  }
}

function textOf(report: object): string {
  return Object.entries(report)
    .map(([name, value]) => `${name.padEnd(20)} ${JSON.stringify(value)}`)
    .join('\n')
}

function roundOrNull(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : round(value)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
process.exit()
