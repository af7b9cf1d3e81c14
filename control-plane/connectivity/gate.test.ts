import assert from 'node:assert/strict'
import { test } from 'node:test'

import { pino } from 'pino'

import { ManualClock } from '../../lib/manual-clock.ts'
import type { ConnectivityVerdict } from '../store/connectivity-tests/connectivity-test-row.ts'
import { Gate, GATE_OPENS_MS, RETRY_MS, TESTS_BURST, TESTS_PER_SECOND } from './gate.ts'
import { Matrix } from './matrix.ts'
import { closesGate } from './outcome.ts'

function world() {
  const clock = new ManualClock()
  const matrix = new Matrix()
  const tested: string[] = []
  const lines: string[] = []
  let changes = 0
  const gate = new Gate({
    matrix,
    test: (agentId, datasource) => void tested.push(`${agentId}/${datasource}`),
    monotonicMs: () => clock.monotonicMs(),
    nowMs: () => clock.nowMs(),
    log: pino({}, { write: (line: string) => void lines.push(line) }),
  })
  gate.onChange(() => {
    changes += 1
  })
  matrix.setSource('k', { id: 1, version: 1 })
  matrix.setSource('m', { id: 2, version: 1 })
  const answer = (name: string, verdict: ConnectivityVerdict, version = 1): void => {
    const closes = closesGate(verdict, 1)
    const finishedAtMs = clock.nowMs()
    matrix.setResult('a', name, { version, verdict, message: 'tcp: no', finishedAtMs, closes })
    gate.changed('a', name)
  }
  return { clock, matrix, gate, tested, lines, answer, changes: () => changes }
}

test('without a result a test is begun, and the gate opens when it is answered well', () => {
  const { gate, tested, answer, changes } = world()
  assert.deepEqual(gate.check('a', ['k']), { kind: 'testing', datasource: 'k' })
  assert.deepEqual(gate.check('a', ['k']), { kind: 'testing', datasource: 'k' })
  assert.deepEqual(tested, ['a/k'])
  answer('k', 'Connectable')
  assert.equal(changes(), 1)
  assert.deepEqual(gate.check('a', ['k']), { kind: 'open' })
  assert.deepEqual(gate.check('b', ['k']), { kind: 'testing', datasource: 'k' })
})

test('Unreachable and Unsupported close, ConfigError does not', () => {
  const { gate, answer, clock } = world()
  for (const verdict of ['Unreachable', 'Unsupported'] as const) {
    answer('k', verdict)
    assert.deepEqual(gate.check('a', ['k', 'm']), {
      kind: 'closed',
      datasource: 'k',
      verdict,
      message: 'tcp: no',
      testedAtMs: clock.nowMs(),
    })
  }
  answer('k', 'ConfigError')
  answer('m', 'Connectable')
  assert.equal(gate.check('a', ['k', 'm']).kind, 'open')
})

test('a closed pair is tried again every 30 s, as long as somebody asks', () => {
  const { gate, tested, answer, clock } = world()
  answer('k', 'Unreachable')
  gate.check('a', ['k'])
  assert.deepEqual(tested, [])
  clock.advance(RETRY_MS)
  gate.check('a', ['k'])
  gate.check('a', ['k'])
  assert.equal(tested.length, 1)
  answer('k', 'Unreachable')
  clock.advance(RETRY_MS * 3)
  assert.equal(tested.length, 1)
  gate.check('a', ['k'])
  assert.equal(tested.length, 2)
  answer('k', 'Connectable')
  assert.equal(gate.check('a', ['k']).kind, 'open')
})

test('when nobody answers the gate opens in the end, and the log says so once', () => {
  const { gate, tested, clock, lines } = world()
  gate.check('a', ['k'])
  clock.advance(GATE_OPENS_MS - 1)
  assert.equal(gate.check('a', ['k']).kind, 'testing')
  assert.equal(tested.length, 2) // asked again meanwhile
  clock.advance(1)
  assert.equal(gate.check('a', ['k']).kind, 'open')
  assert.equal(gate.check('a', ['k']).kind, 'open')
  assert.equal(lines.length, 1)
  assert.match(lines[0]!, /no connectivity test was answered for 90 s/)
})

test('a data source that was changed is tested anew; one that is not registered is not asked for', () => {
  const { gate, matrix, answer } = world()
  answer('k', 'Connectable')
  matrix.setSource('k', { id: 1, version: 2 })
  assert.equal(gate.check('a', ['k']).kind, 'testing')
  answer('k', 'Connectable', 2)
  assert.equal(gate.check('a', ['k']).kind, 'open')
  assert.equal(gate.check('a', ['unknown']).kind, 'open')
})

test('an agent of a version that cannot test is given work', () => {
  const { gate, matrix, clock } = world()
  const result = {
    version: 1,
    verdict: 'Unsupported',
    message: '',
    finishedAtMs: clock.nowMs(),
  } as const
  matrix.setResult('a', 'k', { ...result, closes: closesGate('Unsupported', 0) })
  assert.equal(gate.check('a', ['k']).kind, 'open')
})

test('in a large group tests are begun at a bounded rate, and nobody is let in untested meanwhile', () => {
  const { gate, tested, clock, lines } = world()
  const askAll = (): void => {
    for (let i = 0; i < 1_000; i++) {
      assert.equal(gate.check(`agent-${i}`, ['k']).kind, 'testing')
    }
  }
  askAll()
  askAll()
  assert.equal(new Set(tested).size, TESTS_BURST)
  assert.equal(tested.length, TESTS_BURST)
  clock.advance(1_000)
  askAll()
  assert.equal(tested.length, TESTS_BURST + TESTS_PER_SECOND)
  // Agent 999 has waited for its turn, not for an answer: the gate does not open for it.
  clock.advance(GATE_OPENS_MS)
  assert.equal(gate.check('agent-999', ['k']).kind, 'testing')
  assert.deepEqual(lines, [])
})

test('pairs that are asked again take no turn from pairs that were never asked', () => {
  const { gate, tested, clock } = world()
  const askAll = (): void => {
    for (let i = 0; i < 1_000; i++) gate.check(`agent-${i}`, ['k'])
  }
  askAll()
  // Nobody has answered: the first ones are due again, and stand first in each round.
  clock.advance(5_000)
  askAll()
  const everAsked = TESTS_BURST + 5 * TESTS_PER_SECOND
  assert.equal(new Set(tested).size, everAsked)
  assert.equal(tested.length, everAsked + TESTS_BURST)
})
