/** The report as text. */
import type { Machine } from './machine.ts'
import type { Measure } from './measurement.ts'
import type { CaseReport, Figures, Report } from './report.ts'

const NAMES: Readonly<Record<Measure, string>> = {
  consumerPerformance: 'ConsumerPerformance',
  reader: 'reader',
  readerArrow: 'reader + Arrow',
  readerRecords: 'reader + records',
  job: 'whole job',
}

const COLUMNS: readonly (readonly [string, (figures: Figures) => string])[] = [
  ['records/s', (one) => one.recordsPerSecond.toLocaleString('en-US')],
  ['MB/s', (one) => one.mbPerSecond.toFixed(0)],
  ['CPU-s/GB', (one) => one.cpuSecondsPerGB.toFixed(2)],
  ['peak RSS MB', (one) => one.peakRssMB.toFixed(0)],
  ['ratio', (one) => `${one.ratio.toFixed(2)}x`],
  ['seconds', (one) => one.seconds.toFixed(2)],
]

export function machineLines(machine: Machine, channels: number): readonly string[] {
  const { cores, cpu, memoryGB, system, node, java, kafka, loadBefore } = machine
  return [
    `${cores} cores (${cpu}), ${memoryGB} GB, ${system}`,
    `Node ${node}, Java ${java}, Kafka ${kafka}; load before: ${loadBefore}; channels: ${channels}`,
  ]
}

export function caseLines({ name, records, storedBytes, figures }: CaseReport): readonly string[] {
  const stored = `${(storedBytes / 1e6).toFixed(0)} MB stored`
  const head = [
    `${name}, ${records.toLocaleString('en-US')} records, ${stored}`,
    ...COLUMNS.map(([title]) => title),
  ]
  const rows = figures.map((one) => [NAMES[one.measure], ...COLUMNS.map(([, text]) => text(one))])
  return aligned([head, ...rows])
}

/** The first column to the left, all others to the right; the first cell of the head may be longer. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]!.map((_, column) => {
    return Math.max(...rows.map((row) => row[column]!.length))
  })
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]! + 2)))
      .join(''),
  )
}

export function closingLines(report: Report): readonly string[] {
  const ratio = (value: number | null): string =>
    value === null ? 'not measured' : `${value.toFixed(2)}x`
  return [
    `reader at 100 B:        ${ratio(report.readerVsConsumerPerf100B)} ConsumerPerformance`,
    `whole job at 1 KiB:     ${ratio(report.jobVsConsumerPerf1KiB)} ConsumerPerformance`,
    `agent, peak RSS:        ${report.agentRssMB} MB`,
  ]
}
