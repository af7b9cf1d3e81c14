import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { LedgerRow, LogBounds } from './ledger.ts'
import { ledgerProblemMessage, startsFromLedger } from './ledger.ts'

function row(topicPartition: number, nextOffset: number, topicId = 'id-1'): LedgerRow {
  return { topicId, topicPartition, nextOffset }
}

function log(topicPartition: number, logStartOffset: number, logEndOffset: number): LogBounds {
  return { topicPartition, logStartOffset, logEndOffset }
}

test('a run starts exactly where the last one ended', () => {
  const bounds = [log(1, 0, 50), log(0, 10, 40)]
  const resolved = startsFromLedger([row(0, 10), row(1, 50)], 'id-1', bounds, 'none')
  assert.deepEqual(resolved, {
    starts: [
      { topicPartition: 0, startOffset: 10, isNew: false },
      { topicPartition: 1, startOffset: 50, isNew: false },
    ],
    problems: [],
    mayStart: true,
  })
})

test('a topic partition that the ledger does not know starts at the beginning of its log', () => {
  const { starts, mayStart } = startsFromLedger([], 'id-1', [log(0, 7, 9)], 'none')
  assert.deepEqual(starts, [{ topicPartition: 0, startOffset: 7, isNew: true }])
  assert.equal(mayStart, true)
})

test('what retention took is named, and stops the run unless it may go on', () => {
  const stopped = startsFromLedger([row(0, 5)], 'id-1', [log(0, 9, 40)], 'none')
  const [problem] = stopped.problems
  assert.equal(stopped.mayStart, false)
  const lost = { firstLostOffset: 5, endLostOffset: 9, resumeOffset: null }
  assert.deepEqual(problem, { kind: 'lost', topicPartition: 0, ...lost })
  assert.ok(problem !== undefined)
  assert.match(ledgerProblemMessage(problem, 'orders'), /Offsets 5 to 8 of topic orders/)

  for (const [reset, startOffset] of [
    ['earliest', 9],
    ['latest', 40],
  ] as const) {
    const goesOn = startsFromLedger([row(0, 5)], 'id-1', [log(0, 9, 40)], reset)
    assert.equal(goesOn.mayStart, true)
    assert.equal(goesOn.starts[0]?.startOffset, startOffset)
    assert.equal(goesOn.problems.length, 1, 'it is reported all the same')
  }
})

test('a log that ends before the ledger is a named problem', () => {
  const { problems, mayStart } = startsFromLedger([row(0, 41)], 'id-1', [log(0, 0, 40)], 'none')
  assert.equal(mayStart, false)
  assert.equal(problems[0]?.kind, 'ahead')
})

test('a recreated topic and a missing topic partition stop the run under every setting', () => {
  const again = startsFromLedger([row(0, 5)], 'id-2', [log(0, 0, 40)], 'earliest')
  assert.equal(again.problems[0]?.kind, 'recreated')
  assert.equal(again.mayStart, false)
  const gone = startsFromLedger([row(0, 5), row(4, 8)], 'id-1', [log(0, 0, 40)], 'earliest')
  assert.deepEqual(gone.problems, [{ kind: 'gone', topicPartition: 4, nextOffset: 8 }])
  assert.equal(gone.mayStart, false)
})

test('a broker that knows no topic ids does not look like a recreated topic', () => {
  assert.equal(startsFromLedger([row(0, 5, '')], 'id-1', [log(0, 0, 9)], 'none').mayStart, true)
  assert.equal(startsFromLedger([row(0, 5)], '', [log(0, 0, 9)], 'none').mayStart, true)
})
