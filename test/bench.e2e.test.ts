/** `npm run bench -- --quick` from start to end: every figure is there. What they are is never judged here. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { Report } from '../bench/report.ts'

const BENCH = fileURLToPath(new URL('../bench/main.ts', import.meta.url))
const TIMEOUT_MS = 6 * 60_000
const FLAGS = ['--disable-warning=ExperimentalWarning', BENCH]

it(
  'the quick benchmark has every figure, and its counts are right',
  {
    timeout: TIMEOUT_MS,
  },
  async () => {
    const args = [...FLAGS, '--quick', '--json']
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
      timeout: TIMEOUT_MS,
    })
    const report = JSON.parse(stdout) as Report
    assert.deepEqual(
      report.cases.map(({ name, figures }) => [name, figures.map(({ measure }) => measure)]),
      ['100 B none', '1 KiB none'].map((name) => [
        name,
        ['consumerPerformance', 'reader', 'readerArrow', 'readerRecords', 'job'],
      ]),
    )
    for (const { name, records, figures } of report.cases) {
      for (const figure of figures) {
        const { recordsPerSecond, mbPerSecond, cpuSecondsPerGB, peakRssMB, ratio } = figure
        for (const value of [recordsPerSecond, mbPerSecond, cpuSecondsPerGB, peakRssMB, ratio]) {
          assert.ok(Number.isFinite(value) && value > 0, `${name}: ${JSON.stringify(figure)}`)
        }
        assert.deepEqual(
          figure.repetitions.map((one) => one.records),
          [records],
        )
      }
    }
    const { readerVsConsumerPerf100B, jobVsConsumerPerf1KiB, agentRssMB } = report
    for (const value of [readerVsConsumerPerf100B, jobVsConsumerPerf1KiB, agentRssMB]) {
      assert.ok(typeof value === 'number' && value > 0)
    }
    assert.match(stderr, /whole job/)
  },
)

it('the benchmark says in one line what is wrong with a flag', async () => {
  await assert.rejects(promisify(execFile)(process.execPath, [...FLAGS, '--channels', 'many']), {
    code: 2,
    stdout: '',
    stderr: '--channels many: expected a whole number from 1 to 1000\n',
  })
})
