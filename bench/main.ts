/**
 * `npm run bench`: Sluice against Kafka's own ConsumerPerformance, on the same topics in the same run.
 * Exit codes: 0 every count was right, 1 not so, or something failed, 2 wrong usage. README.md says how to read it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startLocalSystem, type LocalSystem } from '../dev/local-system/start-local-system.ts'
import { deleteTopic } from '../dev/local-system/topic.ts'
import { type BenchCase, benchCases } from './bench-case.ts'
import { fillTopic } from './fill-topic.ts'
import { describeMachine } from './machine.ts'
import { measureCase } from './measure-case.ts'
import { type BenchOptions, readOptions, USAGE, UsageError } from './options.ts'
import { type CaseReport, caseReport, type Report, wholeReport } from './report.ts'
import { caseLines, closingLines, machineLines } from './table.ts'
import { prepareJobs } from './whole-job.ts'

type Print = (...lines: readonly string[]) => void

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options === null) {
    process.stdout.write(`${USAGE}\n`)
    return
  }
  const out = options.json ? process.stderr : process.stdout
  const print: Print = (...lines) => void out.write(`${lines.join('\n')}\n`)
  const stateDir = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  const abort = new AbortController()
  const onSignal = (): void => abort.abort(new Error('interrupted'))
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  try {
    const report = await bench(options, stateDir, print, abort.signal)
    print(...closingLines(report))
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  } finally {
    rmSync(stateDir, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function bench(
  options: BenchOptions,
  stateDir: string,
  print: Print,
  signal: AbortSignal,
): Promise<Report> {
  const startedMs = performance.now()
  const machine = await describeMachine()
  const { quick, channels } = options
  const cases = benchCases(options)
  if (cases.length === 0) throw new UsageError(`no case is named ${options.only.join(', ')}`)
  const reports: CaseReport[] = []
  print(...machineLines(machine, channels), '')
  const system = await startLocalSystem({
    stateDir,
    agents: 1,
    channels,
    discard: true,
    kafkaBootstrap: null,
    signal,
  })
  // What waits for one of the processes fails as soon as they are gone.
  signal.addEventListener('abort', () => void system.stop(), { once: true })
  try {
    await prepareJobs(system)
    for (const one of cases) {
      signal.throwIfAborted()
      const report = await oneCase(system, one, options)
      reports.push(report)
      print(...caseLines(report), '')
    }
    const seconds = (performance.now() - startedMs) / 1000
    return wholeReport({ quick, channels, machine, seconds }, reports)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    await system.stop()
  }
}

async function oneCase(
  system: LocalSystem,
  one: BenchCase,
  { channels, repetitions }: BenchOptions,
): Promise<CaseReport> {
  const topic = `bench-${one.name.toLowerCase().replaceAll(' ', '-')}`
  const onStep = (step: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${one.name}: ${step}\r`)
  }
  onStep('filling the topic')
  const filled = await fillTopic(system.kafka.bootstrap, topic, one)
  const measured = await measureCase(system, filled, { channels, repetitions, onStep })
  if (process.stderr.isTTY) process.stderr.write('\r\u001B[K')
  // Makes room, on the disk and in the file cache.
  await deleteTopic(system.kafka.bootstrap, topic)
  return caseReport(one, filled, measured)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
