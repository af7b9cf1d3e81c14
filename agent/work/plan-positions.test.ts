import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import * as fc from 'fast-check'

import { type PartitionFacts, type PositionRules, resolveRange } from './plan-positions.ts'
import { WorkFailure } from './work-error.ts'

const facts: PartitionFacts = {
  topicPartition: 3,
  logStart: 100,
  logEnd: 200,
  logEndBefore: 200,
  beginAtTime: 120,
  endAtTime: 150,
  groupOffset: 130,
  ledgerOffset: 140,
}
const rules: PositionRules = {
  topic: 'orders',
  groupId: 'g1',
  begin: { at: 'beginning' },
  end: { at: 'logEnd' },
  autoOffsetReset: 'none',
}

function range(f: Partial<PartitionFacts>, r: Partial<PositionRules>, notes: string[] = []) {
  const { startOffset, endOffset } = resolveRange({ ...facts, ...f }, { ...rules, ...r }, notes)
  return [startOffset, endOffset]
}

function failureOf(f: Partial<PartitionFacts>, r: Partial<PositionRules>): WorkFailure {
  try {
    range(f, r)
  } catch (error) {
    if (error instanceof WorkFailure) return error
    throw error
  }
  throw new Error('no failure')
}

describe('a range', () => {
  it('begins and ends where each kind of position says', () => {
    assert.deepEqual(range({}, {}), [100, 200])
    assert.deepEqual(range({}, { begin: { at: 'offset', offset: 110 } }), [110, 200])
    assert.deepEqual(range({}, { begin: { at: 'timeMs', timeMs: 1 } }), [120, 200])
    assert.deepEqual(range({}, { begin: { at: 'groupOffset' } }), [130, 200])
    assert.deepEqual(range({}, { begin: { at: 'ledger' } }), [140, 200])
    assert.deepEqual(range({}, { begin: { at: 'logEnd' } }), [200, 200])
    assert.deepEqual(range({}, { end: { at: 'offset', offset: 160 } }), [100, 160])
    assert.deepEqual(range({}, { end: { at: 'timeMs', timeMs: 2 } }), [100, 150])
  })

  it('never ends beyond the log, and a time after the last record is the log’s end', () => {
    assert.deepEqual(range({}, { end: { at: 'offset', offset: 999 } }), [100, 200])
    assert.deepEqual(range({ endAtTime: -1 }, { end: { at: 'timeMs', timeMs: 2 } }), [100, 200])
    // Read-committed: the record found by time may lie beyond the last stable offset.
    assert.deepEqual(range({ endAtTime: 230 }, { end: { at: 'timeMs', timeMs: 2 } }), [100, 200])
    assert.deepEqual(range({ beginAtTime: -1 }, { begin: { at: 'timeMs', timeMs: 2 } }), [200, 200])
  })

  it('by time takes in what came while the time was looked up, and leaves out what is not stable', () => {
    const begin = { at: 'timeMs', timeMs: 2 } as const
    assert.deepEqual(range({ beginAtTime: -1, logEndBefore: 195 }, { begin }), [195, 200])
    assert.deepEqual(range({ beginAtTime: 230 }, { begin }), [200, 200])
  })

  it('of a topic partition without a row in the ledger begins at the log’s start', () => {
    assert.deepEqual(range({ ledgerOffset: null }, { begin: { at: 'ledger' } }), [100, 200])
  })

  it('whose records retention took fails and says which, unless autoOffsetReset goes on', () => {
    const failure = failureOf({ ledgerOffset: 40 }, { begin: { at: 'ledger' } })
    assert.equal(failure.code, 'OFFSET_OUT_OF_RANGE')
    assert.match(failure.message, /orders-3 offset 40 .*took offsets 40 to 99/)
    assert.deepEqual(failure.where, { topic: 'orders', topicPartition: '3', offset: '40' })
    const notes: string[] = []
    const begin = { at: 'ledger' } as const
    assert.deepEqual(
      range({ ledgerOffset: 40 }, { begin, autoOffsetReset: 'earliest' }, notes),
      [100, 200],
    )
    assert.match(notes[0] ?? '', /took offsets 40 to 99.*begins at 100/)
    assert.deepEqual(range({ ledgerOffset: 40 }, { begin, autoOffsetReset: 'latest' }), [200, 200])
    assert.equal(failureOf({ ledgerOffset: 201 }, { begin }).code, 'OFFSET_OUT_OF_RANGE')
  })

  it('of a group without an offset fails and names the group, unless autoOffsetReset says where', () => {
    const begin = { at: 'groupOffset' } as const
    const failure = failureOf({ groupOffset: null }, { begin })
    assert.equal(failure.code, 'POSITION_INVALID')
    assert.match(failure.message, /group "g1"/)
    const notes: string[] = []
    const reset = { begin, autoOffsetReset: 'latest' }
    assert.deepEqual(range({ groupOffset: null }, reset, notes), [200, 200])
    assert.equal(notes.length, 1)
  })

  it('that begins after its end is refused', () => {
    const failure = failureOf(
      {},
      { begin: { at: 'offset', offset: 180 }, end: { at: 'offset', offset: 110 } },
    )
    assert.equal(failure.code, 'POSITION_INVALID')
    const swapped = { begin: { at: 'timeMs' }, end: { at: 'timeMs' } } as const
    assert.equal(failureOf({ beginAtTime: 160 }, swapped).code, 'POSITION_INVALID')
  })

  it('lies inside the log and never runs backwards, or is an error (property)', () => {
    const offset = fc.integer({ min: -1, max: 30 })
    const position = fc.oneof(
      fc.record({ at: fc.constant('offset' as const), offset }),
      fc.constantFrom(
        ...(['timeMs', 'beginning', 'groupOffset', 'logEnd', 'ledger'] as const).map((at) => ({
          at,
        })),
      ),
    )
    const arbitrary = fc.record({
      log: fc.tuple(fc.integer({ min: 0, max: 20 }), fc.nat({ max: 10 }), fc.nat({ max: 3 })),
      known: fc.tuple(offset, offset, fc.option(offset), fc.option(offset)),
      begin: position,
      end: position,
      autoOffsetReset: fc.constantFrom('none', 'earliest', 'latest'),
    })
    fc.assert(
      fc.property(arbitrary, ({ log: [logStart, length, grown], known, ...positions }) => {
        const logEndBefore = logStart + length
        const logEnd = logEndBefore + grown
        const [beginAtTime, endAtTime, groupOffset, ledgerOffset] = known
        try {
          const [start = -1, end = -1] = range(
            {
              logStart,
              logEnd,
              logEndBefore,
              beginAtTime,
              endAtTime,
              groupOffset,
              ledgerOffset,
            },
            positions,
          )
          assert.ok(logStart <= start && start <= end && end <= logEnd)
        } catch (error) {
          assert.ok(error instanceof WorkFailure)
        }
      }),
    )
  })
})
