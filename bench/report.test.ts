import assert from 'node:assert/strict'
import { it } from 'node:test'

import { benchCases } from './bench-case.ts'
import type { CaseMeasurements } from './measure-case.ts'
import { BenchError, checkCounts, type Measurement } from './measurement.ts'
import { readOptions, UsageError } from './options.ts'
import { caseReport, wholeReport } from './report.ts'
import { sampleValues } from './sample-values.ts'
import { caseLines } from './table.ts'

const measured = (seconds: number, peakRssMB: number): Measurement => {
  const peakRssBytes = peakRssMB * 1e6
  return { records: 1000, valueBytes: 100_000, seconds, cpuSeconds: 0.5, peakRssBytes }
}

const MEASUREMENTS: CaseMeasurements = {
  consumerPerformance: [measured(8, 100), measured(2, 100), measured(4, 100)],
  reader: [measured(1, 50)],
  readerArrow: [measured(2, 60)],
  readerRecords: [measured(4, 70)],
  job: [measured(5, 200), measured(5, 240)],
}

function exampleReport() {
  const options = readOptions(['--quick'])!
  const one = benchCases(options)[0]!
  const filled = { topic: 't', records: 1000, valueBytes: 100_000, storedBytes: 120_000 }
  return caseReport(one, filled, MEASUREMENTS)
}

it('the median repetition counts, and the highest memory', () => {
  const [peer, reader, , , job] = exampleReport().figures
  assert.deepEqual(
    [peer?.recordsPerSecond, peer?.ratio, reader?.ratio, job?.ratio, job?.peakRssMB],
    [250, 1, 4, 0.8, 240],
  )
  assert.deepEqual([reader?.mbPerSecond, reader?.cpuSecondsPerGB], [0.1, 5000])
})

it('a headline whose case was left out is null', () => {
  const machine = {
    cores: 2,
    cpu: 'x',
    memoryGB: 1,
    system: 'x',
    node: 'x',
    java: 'x',
    kafka: 'x',
    loadBefore: 0,
  }
  const run = { quick: true, channels: 2, machine, seconds: 1 }
  const { readerVsConsumerPerf100B, jobVsConsumerPerf1KiB, agentRssMB } = wholeReport(run, [
    exampleReport(),
  ])
  assert.deepEqual([readerVsConsumerPerf100B, jobVsConsumerPerf1KiB, agentRssMB], [4, null, 240])
})

it('the lines of the table are equally long', () => {
  const lengths = new Set(caseLines(exampleReport()).map((line) => line.length))
  assert.equal(lengths.size, 1)
})

it('a count that is not what was produced ends the benchmark', () => {
  const produced = { records: 10, valueBytes: 1000 }
  checkCounts('reader', produced, produced)
  assert.throws(() => checkCounts('reader', { ...produced, records: 9 }, produced), BenchError)
  assert.throws(() => checkCounts('reader', { ...produced, valueBytes: 1 }, produced), BenchError)
})

it('cases are every size with every codec, or those that --only names', () => {
  const namesOf = (...argv: string[]) => benchCases(readOptions(argv)!).map(({ name }) => name)
  assert.equal(namesOf().length, 6)
  assert.deepEqual(namesOf('--only', 'zstd'), ['100 B zstd', '1 KiB zstd'])
  assert.deepEqual(namesOf('--quick'), ['100 B none', '1 KiB none'])
})

it('flags that mean nothing are refused', () => {
  for (const argv of [['--scale', '0'], ['--repetitions', '1.5'], ['--fast']]) {
    assert.throws(() => readOptions(argv), UsageError)
  }
})

it('sample values have exactly the wanted length, are JSON and the same each time', () => {
  for (const bytes of [100, 1024]) {
    const values = sampleValues(50, bytes, 3)
    assert.deepEqual(values, sampleValues(50, bytes, 3))
    for (const value of values) {
      assert.equal(value.length, bytes)
      JSON.parse(value.toString('utf8'))
    }
  }
})
