import type { LocalSystem } from '../dev/local-system/start-local-system.ts'
import { consumerPerformance } from './consumer-performance.ts'
import type { FilledTopic } from './fill-topic.ts'
import { checkCounts, type Measure, type Measurement, MEASURES } from './measurement.ts'
import { readerProcess } from './reader-process.ts'
import { wholeJob } from './whole-job.ts'

export type CaseMeasurements = Readonly<Record<Measure, readonly Measurement[]>>

export interface MeasureOptions {
  readonly channels: number
  readonly repetitions: number
  readonly onStep: (step: string) => void
}

/**
 * Everything on one topic, in turn, so that the peer and we see the same machine; each second round goes
 * backwards, so that nobody always comes first. Throws BenchError when a count is wrong.
 */
export async function measureCase(
  system: LocalSystem,
  filled: FilledTopic,
  options: MeasureOptions,
): Promise<CaseMeasurements> {
  const { bootstrap } = system.kafka
  const { topic } = filled
  const ways: Readonly<Record<Measure, () => Promise<Measurement>>> = {
    consumerPerformance: () => consumerPerformance(bootstrap, filled),
    reader: () => readerProcess(bootstrap, topic, 'none'),
    readerArrow: () => readerProcess(bootstrap, topic, 'arrow'),
    readerRecords: () => readerProcess(bootstrap, topic, 'record'),
    job: () => wholeJob(system, filled, options.channels),
  }
  // The file cache is warm for the first one too, and the topic is what it should be.
  checkCounts(`${topic}, first look`, await ways.reader(), filled)
  const found: Record<Measure, Measurement[]> = {
    consumerPerformance: [],
    reader: [],
    readerArrow: [],
    readerRecords: [],
    job: [],
  }
  for (let round = 1; round <= options.repetitions; round++) {
    for (const measure of round % 2 === 1 ? MEASURES : MEASURES.toReversed()) {
      options.onStep(`${measure} ${round}/${options.repetitions}`)
      const measurement = await ways[measure]()
      checkCounts(`${topic}, ${measure}`, measurement, filled)
      found[measure].push(measurement)
    }
  }
  return found
}
