import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { isOtherHost, judgeHello, nextGeneration, pinnedFacts } from './hello-verdict.ts'
import type { HelloVerdict, HostIds, KnownAgent, Newcomer, OldSession } from './hello-verdict.ts'
import { TEST_FACTS } from './test-agent.ts'

const UUID_A = '5f0c9a3e-7d21-4b6f-8e11-00000000000a'
const UUID_B = '5f0c9a3e-7d21-4b6f-8e11-00000000000b'
const ALL_F = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
const HOST: HostIds = { dmiUuid: UUID_A, machineId: 'm1', bootId: 'b1' }
const KNOWN: KnownAgent = { generation: 5, generationOffered: 6, processId: 'p1', facts: HOST }
const SAME: Newcomer = { generation: 5, processId: 'p1', facts: HOST }
const OTHER_HOST: HostIds = { dmiUuid: UUID_B, machineId: 'm1', bootId: 'b9' }
const REBOOTED: HostIds = { ...HOST, bootId: 'b2' }

interface Row {
  readonly name: string
  readonly known?: Partial<KnownAgent>
  readonly hello?: Partial<Newcomer>
  readonly old?: OldSession
  readonly want: 'accept' | 'rebooted' | 'went back' | 'probe' | 'clone' | 'snapshot'
}

const ROWS: readonly Row[] = [
  {
    name: 'the first hello of all',
    known: { generation: 0, generationOffered: 0, processId: '' },
    hello: { generation: 0 },
    want: 'accept',
  },
  { name: 'a reconnect of the same process, its old stream gone', want: 'accept' },
  {
    name: 'a reconnect of the same process, its old stream half open',
    old: 'notAsked',
    want: 'accept',
  },
  { name: 'a reconnect after Reconciled was lost', hello: { generation: 6 }, want: 'accept' },
  { name: 'a restart of the process', hello: { processId: 'p2' }, want: 'accept' },
  {
    name: 'another process while the old stream is open',
    hello: { processId: 'p2' },
    old: 'notAsked',
    want: 'probe',
  },
  {
    name: 'another process, and the old stream answers',
    hello: { processId: 'p2' },
    old: 'answers',
    want: 'clone',
  },
  {
    name: 'another process, and the old stream is silent',
    hello: { processId: 'p2' },
    old: 'silent',
    want: 'accept',
  },
  { name: 'a reboot', hello: { processId: 'p2', facts: REBOOTED }, want: 'rebooted' },
  {
    name: 'a reboot inside the lease, the old stream silent',
    hello: { processId: 'p2', facts: REBOOTED },
    old: 'silent',
    want: 'rebooted',
  },
  { name: 'a number that nobody here has offered', hello: { generation: 9 }, want: 'went back' },
  {
    name: 'a stale number on the same host',
    hello: { generation: 4, processId: 'p2' },
    want: 'snapshot',
  },
  {
    name: 'a stale number after a boot, as a restored machine has it',
    hello: { generation: 4, processId: 'p2', facts: REBOOTED },
    want: 'snapshot',
  },
  {
    name: 'a stale number of the same process, as memory that was restored',
    hello: { generation: 4 },
    want: 'snapshot',
  },
  {
    name: 'a stale number while the old stream is open',
    hello: { generation: 4, processId: 'p2' },
    old: 'notAsked',
    want: 'probe',
  },
  {
    name: 'a stale number while the original answers',
    hello: { generation: 4, processId: 'p2' },
    old: 'answers',
    want: 'clone',
  },
  {
    name: 'a stale number, and the old stream is silent',
    hello: { generation: 4, processId: 'p2' },
    old: 'silent',
    want: 'snapshot',
  },
  {
    name: 'a stale number on another host',
    hello: { generation: 4, processId: 'p2', facts: OTHER_HOST },
    want: 'clone',
  },
  {
    name: 'a fresh number on another host',
    hello: { processId: 'p2', facts: OTHER_HOST },
    want: 'clone',
  },
  {
    name: 'a number between the confirmed and the offered one: the other line has gone on',
    known: { generationOffered: 8 },
    hello: { generation: 7, processId: 'p2' },
    want: 'snapshot',
  },
]

suite('a hello is judged', () => {
  for (const { name, known, hello, old, want } of ROWS) {
    test(name, () => {
      const verdict = judgeHello({ ...KNOWN, ...known }, { ...SAME, ...hello }, old ?? 'none')
      assert.equal(shown(verdict), want)
    })
  }
})

test('hosts are told apart by the DMI UUID, and by the machine-id where one of them has none', () => {
  assert.equal(isOtherHost(HOST, { ...HOST, dmiUuid: UUID_B }), true)
  assert.equal(isOtherHost(HOST, { ...HOST, dmiUuid: UUID_A.toUpperCase() }), false)
  assert.equal(isOtherHost(HOST, { ...HOST, machineId: 'm2' }), false) // installed anew
  assert.equal(isOtherHost(HOST, { ...HOST, dmiUuid: '', machineId: 'm2' }), true)
  assert.equal(isOtherHost(HOST, { ...HOST, dmiUuid: '' }), false)
  assert.equal(isOtherHost(HOST, { ...HOST, dmiUuid: '', machineId: '' }), false)
})

test('a UUID that many hosts share neither joins nor separates them', () => {
  const useless = { ...HOST, dmiUuid: ALL_F }
  assert.equal(isOtherHost(useless, { ...useless, machineId: 'm2' }), true)
  assert.equal(isOtherHost(useless, { ...HOST, machineId: 'm1' }), false)
})

test('the next number is larger than everything offered or heard', () => {
  assert.equal(nextGeneration(KNOWN, SAME), 7)
  assert.equal(nextGeneration(KNOWN, { ...SAME, generation: 9 }), 10)
})

test('an id that the host can read no longer stays pinned', () => {
  const known = { ...TEST_FACTS, ...HOST }
  const pinned = pinnedFacts(known, { ...known, dmiUuid: '', machineId: '', bootId: 'b2' })
  assert.deepEqual([pinned.dmiUuid, pinned.machineId, pinned.bootId], [UUID_A, 'm1', 'b2'])
})

function shown(verdict: HelloVerdict): Row['want'] {
  if (verdict.kind === 'copy') return verdict.verdict
  if (verdict.kind === 'probe') return 'probe'
  if (verdict.storeWentBack) return 'went back'
  return verdict.rebooted ? 'rebooted' : 'accept'
}
