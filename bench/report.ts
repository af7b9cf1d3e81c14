/** From measurements to the figures of the report. */
import type { BenchCase } from './bench-case.ts'
import type { FilledTopic } from './fill-topic.ts'
import type { Machine } from './machine.ts'
import type { CaseMeasurements } from './measure-case.ts'
import { type Measure, type Measurement, MEASURES, medianOf, rateOf } from './measurement.ts'

/** Of the repetition with the median rate. */
export interface Figures {
  readonly measure: Measure
  readonly recordsPerSecond: number
  /** Of values, before compression: 10^6 bytes. */
  readonly mbPerSecond: number
  /** CPU seconds of the measured process for 10^9 bytes of values. */
  readonly cpuSecondsPerGB: number
  /** The highest of all repetitions, 10^6 bytes. */
  readonly peakRssMB: number
  /** records/s against those of ConsumerPerformance on the same topic. */
  readonly ratio: number
  readonly seconds: number
  /** All repetitions, in their order. */
  readonly repetitions: readonly Measurement[]
}

export interface CaseReport {
  readonly name: string
  readonly valueBytes: number
  readonly codec: string
  readonly records: number
  readonly storedBytes: number
  readonly figures: readonly Figures[]
}

export interface Report {
  readonly quick: boolean
  readonly channels: number
  readonly machine: Machine
  readonly seconds: number
  readonly cases: readonly CaseReport[]
  /** The reader's records/s against ConsumerPerformance's, 100 B uncompressed; null: not measured. */
  readonly readerVsConsumerPerf100B: number | null
  /** The whole job's, 1 KiB uncompressed; null: not measured. */
  readonly jobVsConsumerPerf1KiB: number | null
  /** Peak resident memory of the agent over all jobs. */
  readonly agentRssMB: number
}

export function caseReport(
  { name, valueBytes, codec }: BenchCase,
  { records, storedBytes }: FilledTopic,
  measurements: CaseMeasurements,
): CaseReport {
  const peer = rateOf(medianOf(measurements.consumerPerformance))
  const figures = MEASURES.map((measure) => figuresOf(measure, measurements[measure], peer))
  return { name, valueBytes, codec, records, storedBytes, figures }
}

function figuresOf(
  measure: Measure,
  repetitions: readonly Measurement[],
  peerRate: number,
): Figures {
  const median = medianOf(repetitions)
  const { valueBytes, seconds, cpuSeconds } = median
  return {
    measure,
    recordsPerSecond: Math.round(rateOf(median)),
    mbPerSecond: rounded(valueBytes / seconds / 1e6, 1),
    cpuSecondsPerGB: rounded(cpuSeconds / (valueBytes / 1e9), 2),
    peakRssMB: rounded(Math.max(...repetitions.map((one) => one.peakRssBytes)) / 1e6, 0),
    ratio: rounded(rateOf(median) / peerRate, 2),
    seconds: rounded(seconds, 2),
    repetitions,
  }
}

export function wholeReport(
  run: Pick<Report, 'quick' | 'channels' | 'machine' | 'seconds'>,
  cases: readonly CaseReport[],
): Report {
  const of = (name: string, measure: Measure): Figures | undefined =>
    cases.find((one) => one.name === name)?.figures.find((one) => one.measure === measure)
  const jobs = cases.flatMap(({ figures }) => figures.filter(({ measure }) => measure === 'job'))
  return {
    ...run,
    seconds: rounded(run.seconds, 1),
    cases,
    readerVsConsumerPerf100B: of('100 B none', 'reader')?.ratio ?? null,
    jobVsConsumerPerf1KiB: of('1 KiB none', 'job')?.ratio ?? null,
    agentRssMB: Math.max(...jobs.map(({ peakRssMB }) => peakRssMB)),
  }
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
