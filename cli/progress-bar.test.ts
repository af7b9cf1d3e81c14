import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { RunProgress } from '../control-plane/run/run-port.ts'
import { displayWidth } from './display-width.ts'
import { fractionDone, renderProgressBar, renderProgressLine } from './progress-bar.ts'

const running: RunProgress = {
  runId: 12,
  state: 'running',
  phase: 'staging',
  slicesTotal: 25,
  slicesStaged: 13,
  slicesRunning: 4,
  rows: 5_200_000,
  rowsExpected: 10_000_000,
  bytesRead: 520_000_000,
  dirtyRecords: 0,
  agents: ['a'],
  startedAtMs: 0,
  finishedAtMs: null,
  error: null,
  waitingFor: null,
}
const rates = { rowsPerSecond: 400_000, bytesPerSecond: 84_200_000 }

test('a running run shows rows, rate, slices and the time that is left', () => {
  const line = renderProgressBar(running, rates, 120)
  assert.equal(
    line,
    'run 12 staging  [███████████████▌··············]   52%  5,200,000/10,000,000 rows  84.2 MB/s  13/25 slices  ETA 0:12',
  )
})

test('before the plan there are no figures, only what is waited for', () => {
  const planning = { ...running, state: 'planning', phase: '', slicesTotal: 0, slicesStaged: 0 }
  assert.equal(renderProgressLine(planning, rates), 'run 12 planning')
  const waiting = { ...planning, waitingFor: 'no agent of resource group idc is online' }
  assert.equal(
    renderProgressLine(waiting, rates),
    'run 12 planning  waiting: no agent of resource group idc is online',
  )
})

test('a bar never takes more columns than it has, and keeps the bar to the last', () => {
  for (let width = 10; width <= 140; width++) {
    const line = renderProgressBar(running, rates, width)
    assert.ok(displayWidth(line) <= width, `${width}: ${line}`)
    if (width >= 30) assert.match(line, /\[.*]/)
  }
})

test('it says why nothing moves', () => {
  const waiting = {
    ...running,
    state: 'waiting',
    phase: '',
    waitingFor: 'no agent of group idc is online',
  }
  assert.match(renderProgressLine(waiting, rates), /waiting: no agent of group idc is online/)
  assert.doesNotMatch(renderProgressLine(waiting, rates), /ETA/)
})

test('all of it is done only when the run has succeeded', () => {
  const read = { ...running, rows: 10_000_000, slicesStaged: 25 }
  assert.ok(fractionDone(read) < 1)
  assert.equal(fractionDone({ ...read, state: 'succeeded' }), 1)
  assert.equal(fractionDone({ ...running, rows: 0, rowsExpected: 0, slicesTotal: 0 }), 0)
})

test('at the end the averages and the time it took are shown', () => {
  const over = { ...running, state: 'succeeded', phase: '', finishedAtMs: 10_000 }
  assert.match(renderProgressLine(over, rates), /520\.0 MB {2}52\.0 MB\/s {2}in 0:10/)
})
