/** `sluice agent metrics`: what an agent's heartbeats said, minute by minute. */
import { type Command, Option } from 'commander'

import type { AgentSampleShape } from '../../control-plane/api/shapes/agent-sample.ts'
import { duration } from '../duration.ts'
import { formatBytes, formatTime } from '../format.ts'
import type { Act } from '../session.ts'
import { sparkline } from '../sparkline.ts'
import { type Column, renderTable } from '../table.ts'

const HOUR_MS = 60 * 60 * 1000
const MINUTE_MS = 60 * 1000
const SPARKLINE_CHARS = 60

interface Metric {
  readonly title: string
  readonly value: (sample: AgentSampleShape) => number
  readonly text: (value: number) => string
}

const percent = (value: number): string => `${value.toFixed(1)}%`
const rate = (value: number): string => `${formatBytes(value)}/s`
const milliseconds = (value: number): string => `${Math.round(value)} ms`

const METRICS: readonly Metric[] = [
  { title: 'CPU', value: (one) => one.cpuPercent, text: percent },
  { title: 'CPU MAX', value: (one) => one.cpuPercentMax, text: percent },
  { title: 'MEMORY', value: (one) => one.memoryUsedBytes, text: formatBytes },
  { title: 'AGENT', value: (one) => one.processRssBytes, text: formatBytes },
  { title: 'LOAD', value: (one) => one.load1, text: (value) => value.toFixed(2) },
  { title: 'DISK FREE', value: (one) => one.diskFreeBytes, text: formatBytes },
  { title: 'RECEIVED', value: (one) => one.networkReceivedBytes, text: rate },
  { title: 'SENT', value: (one) => one.networkSentBytes, text: rate },
  { title: 'CLOCK OFF', value: (one) => one.clockOffsetMs, text: milliseconds },
  { title: 'ROUND TRIP', value: (one) => one.roundTripMsMax, text: milliseconds },
  { title: 'BUSY', value: (one) => one.busyChannelsMax, text: String },
  { title: 'BEATS', value: (one) => one.beats, text: String },
]

interface Line {
  readonly metric: Metric
  readonly values: readonly (number | null)[]
  readonly samples: readonly number[]
}

const summary: readonly Column<Line>[] = [
  { title: 'METRIC', value: ({ metric }) => metric.title },
  { title: 'NOW', value: ({ metric, samples }) => metric.text(samples.at(-1)!), align: 'right' },
  {
    title: 'MIN',
    value: ({ metric, samples }) => metric.text(Math.min(...samples)),
    align: 'right',
  },
  {
    title: 'MAX',
    value: ({ metric, samples }) => metric.text(Math.max(...samples)),
    align: 'right',
  },
  { title: 'COURSE', value: ({ values }) => sparkline(values.map(magnitude), SPARKLINE_CHARS) },
]

const minutes: readonly Column<AgentSampleShape>[] = [
  { title: 'MINUTE', value: (sample) => formatTime(sample.atMs).slice(0, 16) + 'Z' },
  ...METRICS.map((metric) => ({
    title: metric.title,
    value: (sample: AgentSampleShape) => metric.text(metric.value(sample)),
    align: 'right' as const,
  })),
]

interface MetricsOptions {
  readonly last: number
  readonly output: 'summary' | 'table' | 'json'
}

export function metricsCommand(agent: Command, act: Act): void {
  agent
    .command('metrics <name>')
    .description('CPU, memory, disk, network, clock and channels, a sample a minute')
    .option('--last <duration>', 'so far back: 15m, 1h, at most 48h are kept', duration, HOUR_MS)
    .addOption(
      new Option('-o, --output <format>', 'how to print')
        .choices(['summary', 'table', 'json'])
        .default('summary'),
    )
    .action(
      act(async (session, name: string, { last, output }: MetricsOptions) => {
        const toMs = Date.now()
        const { items } = await session.client.agentSamples(name, toMs - last, toMs)
        if (output === 'json') return session.out(JSON.stringify(items, null, 2))
        if (items.length === 0) {
          return session.err(`Agent ${name} has no samples of that time: one is written a minute.`)
        }
        const lines =
          output === 'table'
            ? renderTable(minutes, items, { headers: true })
            : renderTable(summary, linesOf(items), { headers: true })
        lines.forEach(session.out)
      }),
    )
}

/** Minutes in which the agent was silent are gaps. */
function linesOf(items: readonly AgentSampleShape[]): Line[] {
  const first = items[0]!.atMs
  const length = Math.round((items.at(-1)!.atMs - first) / MINUTE_MS) + 1
  return METRICS.map((metric) => {
    const values: (number | null)[] = Array.from({ length }, () => null)
    for (const item of items)
      values[Math.round((item.atMs - first) / MINUTE_MS)] = metric.value(item)
    return { metric, values, samples: items.map(metric.value) }
  })
}

/** A clock may be off either way. */
function magnitude(value: number | null): number | null {
  return value === null ? null : Math.abs(value)
}
