/** One measurement: so many records and bytes of values, in so much time, with so much of everything. */
export interface Measurement {
  readonly records: number
  readonly valueBytes: number
  readonly seconds: number
  /** Of the measured process, from its start where it was started for the measurement. */
  readonly cpuSeconds: number
  readonly peakRssBytes: number
}

export const MEASURES = [
  'consumerPerformance',
  'reader',
  'readerArrow',
  'readerRecords',
  'job',
] as const
export type Measure = (typeof MEASURES)[number]

/** It did not read what was produced, or did not run at all. */
export class BenchError extends Error {
  override readonly name = 'BenchError'
}

/** Throws BenchError when the counts are not those of what was produced. */
export function checkCounts(
  what: string,
  measured: { readonly records: number; readonly valueBytes: number },
  produced: { readonly records: number; readonly valueBytes: number },
): void {
  const { records, valueBytes } = measured
  if (records === produced.records && valueBytes === produced.valueBytes) return
  throw new BenchError(
    `${what}: ${records} records with ${valueBytes} bytes of values, but ${produced.records} with ${produced.valueBytes} were produced`,
  )
}

/** The measurement whose rate is the median. */
export function medianOf(measurements: readonly Measurement[]): Measurement {
  const sorted = measurements.toSorted((a, b) => rateOf(a) - rateOf(b))
  return sorted[Math.floor((sorted.length - 1) / 2)]!
}

export const rateOf = ({ records, seconds }: Measurement): number => records / seconds
