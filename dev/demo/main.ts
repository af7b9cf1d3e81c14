/**
 * `npm run demo`: the whole system on this machine, and one job from Kafka to MaxCompute.
 * Exit codes: 0 every record is in the table exactly once, 1 not so, or something failed, 2 wrong
 * usage, 130 Ctrl-C.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ClientError } from '../../cli/client-error.ts'
import { formatCount } from '../../cli/format.ts'
import { startLocalSystem, type LocalSystem } from '../local-system/start-local-system.ts'
import { deleteTopic } from '../local-system/topic.ts'
import { nextSteps } from './next-steps.ts'
import { type DemoOptions, readOptions, USAGE, UsageError } from './options.ts'
import { GROUP } from './orders-job.ts'
import { CHANNELS_PER_AGENT, type DemoResult, runDemo, runSeconds } from './run-demo.ts'
import { Screen } from './screen.ts'
import { isExact } from './show-rows.ts'

/** Small slices, so that a small topic shows how the agents share the work. */
const SLICE_BYTES_MAX = 4 * 1024 * 1024
const EXIT_INTERRUPTED = 130

class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  if (options === null) {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  const screen = new Screen(options.json ? process.stderr : process.stdout, () => performance.now())
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => abort.abort(new Interrupted()))
  }
  const stateDir = mkdtempSync(join(tmpdir(), 'sluice-demo-'))
  try {
    const code = await present(options, stateDir, screen, abort.signal)
    rmSync(stateDir, { recursive: true, force: true })
    return code
  } catch (error) {
    if (abort.signal.aborted) {
      rmSync(stateDir, { recursive: true, force: true })
      return EXIT_INTERRUPTED
    }
    return reportFailure(error, options, stateDir, screen)
  }
}

/** Starts the system, tells the story, and ends the system whatever happens. */
async function present(
  options: DemoOptions,
  stateDir: string,
  screen: Screen,
  signal: AbortSignal,
): Promise<number> {
  const startedAt = performance.now()
  const { records, topicPartitions, agents } = options
  screen.print(
    `Sluice: ${formatCount(records)} records from Kafka (${topicPartitions} partitions) into MaxCompute, by ${agents} ${agents === 1 ? 'agent' : 'agents'}`,
    '',
  )
  const system = await startLocalSystem({
    stateDir,
    agents,
    channels: CHANNELS_PER_AGENT,
    group: GROUP,
    sliceBytesMax: SLICE_BYTES_MAX,
    onStep: (step) => screen.begin(step),
    signal,
  })
  const topic = topicName(system)
  try {
    const result = await orAborted(runDemo(system, topic, options, screen), signal)
    const totalSeconds = (performance.now() - startedAt) / 1000
    if (options.json) print(summary(result, totalSeconds))
    if (options.keep) await keepRunning(system, result, screen, signal)
    else screen.print('npm run demo -- --keep leaves everything running, to look around.', '')
    return isExact(result.counts) ? 0 : 1
  } catch (error) {
    screen.fail()
    throw error
  } finally {
    screen.begin('Everything is stopped')
    // A Kafka that is not ours gets back the way it was.
    if (system.kafka.process === null) await deleteTopic(system.kafka.bootstrap, topic)
    await system.stop()
    screen.end()
  }
}

function topicName(system: LocalSystem): string {
  const isOurs = system.kafka.process !== null
  return isOurs ? 'orders' : `sluice-demo-orders-${Date.now().toString(36)}`
}

async function keepRunning(
  system: LocalSystem,
  result: DemoResult,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  screen.print(...nextSteps(system, result), '', 'Ctrl-C stops everything and removes it.', '')
  // The processes of the system alone do not keep this one alive.
  const alive = setInterval(() => {}, 1 << 30)
  await orAborted(new Promise<never>(() => {}), signal).catch(() => {})
  clearInterval(alive)
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
  })
  aborted.catch(() => {})
  work.catch(() => {}) // it fails once the system is gone
  return Promise.race([work, aborted])
}

function summary(result: DemoResult, totalSeconds: number): object {
  const { counts, run } = result
  const expected = [...counts.byPartition.values()].reduce((sum, one) => sum + one.expected, 0)
  return {
    rows: counts.rows,
    expected,
    missing: counts.missing,
    duplicated: counts.duplicated,
    unexpected: counts.unexpected,
    seconds: runSeconds(run),
    totalSeconds: Math.round(totalSeconds * 1000) / 1000,
    bytesRead: run.bytesRead,
    slices: run.slicesTotal,
    topicPartitions: counts.byPartition.size,
    agents: result.agents,
  }
}

function reportFailure(
  error: unknown,
  options: DemoOptions,
  stateDir: string,
  screen: Screen,
): number {
  const message = error instanceof Error ? error.message : String(error)
  const problems = error instanceof ClientError ? error.problems : []
  screen.fail()
  screen.print('', message, ...problems.map((problem) => JSON.stringify(problem)))
  const logs = join(stateDir, 'logs')
  if (existsSync(logs)) screen.print(`What the processes said is in ${logs}.`)
  else rmSync(stateDir, { recursive: true, force: true })
  if (options.json) print({ error: message })
  return 1
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

try {
  process.exit(await main())
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(error instanceof UsageError ? 2 : 1)
}
