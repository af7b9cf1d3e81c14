/** The peer: `ConsumerPerformance`, Kafka's own benchmark of its Java client. */
import { runKafkaTool } from '../dev/kafka/tool.ts'
import type { FilledTopic } from './fill-topic.ts'
import { BenchError, type Measurement } from './measurement.ts'
import { endedChildrenCpuSeconds, peakRssBytes } from './process-usage.ts'

const CLASS = 'org.apache.kafka.tools.ConsumerPerformance'
/** What bin/kafka-consumer-perf-test.sh gives it. */
const HEAP_MB = 512
/** It gives up when no record comes for so long. */
const NO_RECORD_MS = 60_000
const RSS_SAMPLE_MS = 20
const BYTES_PER_MB = 1024 * 1024

/**
 * Reads the whole topic with the Java client's defaults. Its clock begins when the consumer has joined
 * its group: what a group costs to join is not counted against it.
 */
export async function consumerPerformance(
  bootstrap: string,
  { topic, records, valueBytes }: FilledTopic,
): Promise<Measurement> {
  const args = ['--bootstrap-server', bootstrap, '--topic', topic]
  args.push('--messages', String(records), '--timeout', String(NO_RECORD_MS))
  let pid = 0
  let peak = 0
  const sampler = setInterval(() => {
    peak = Math.max(peak, pid === 0 ? 0 : peakRssBytes(pid))
  }, RSS_SAMPLE_MS)
  const cpuBefore = endedChildrenCpuSeconds()
  const onStart = (started: number): void => void (pid = started)
  const result = await runKafkaTool(CLASS, args, { heapMb: HEAP_MB, onStart })
  clearInterval(sampler)
  const cpuSeconds = endedChildrenCpuSeconds() - cpuBefore
  if (result.exitCode !== 0) {
    throw new BenchError(`ConsumerPerformance ended with ${result.exitCode}: ${result.stderr}`)
  }
  const figures = parseFigures(result.stdout)
  // It counts mebibytes with four digits, rounded.
  const isWhole = Math.abs(figures.megabytes * BYTES_PER_MB - valueBytes) < BYTES_PER_MB / 1000
  return {
    records: figures.records,
    valueBytes: isWhole ? valueBytes : Math.round(figures.megabytes * BYTES_PER_MB),
    seconds: figures.fetchMs / 1000,
    cpuSeconds,
    peakRssBytes: peak,
  }
}

export interface ConsumerFigures {
  readonly records: number
  readonly megabytes: number
  /** Without joining the group. */
  readonly fetchMs: number
}

/** Its output is a line of names and a line of figures. Throws BenchError when it is not. */
export function parseFigures(stdout: string): ConsumerFigures {
  const lines = stdout.split('\n').map((line) => line.split(',').map((cell) => cell.trim()))
  const at = lines.findIndex((cells) => cells.includes('data.consumed.in.nMsg'))
  const figure = (name: string): number => {
    const column = lines[at]?.indexOf(name) ?? -1
    return Number(lines[at + 1]?.[column] ?? Number.NaN)
  }
  const records = figure('data.consumed.in.nMsg')
  const megabytes = figure('data.consumed.in.MB')
  const fetchMs = figure('fetch.time.ms')
  if ([records, megabytes, fetchMs].every((value) => Number.isFinite(value))) {
    return { records, megabytes, fetchMs }
  }
  throw new BenchError(`ConsumerPerformance printed no figures that are known here:\n${stdout}`)
}
