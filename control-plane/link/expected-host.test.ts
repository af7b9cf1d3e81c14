import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import { compareHost } from './expected-host.ts'

const GIB = 1024 ** 3
const UUID = '4c4c4544-0046-3510-8052-b4c04f4d3132'
const facts = {
  dmiUuid: UUID,
  ips: ['10.0.0.5', 'fd00::5'],
  cpuCount: 8,
  memoryBytes: 15.4 * GIB,
} as HostFacts

test('the host that was registered is taken, in whatever case and byte order its UUID was typed', () => {
  const right = { refusal: null, notices: [] }
  const typed = { ip: '10.0.0.5', cpuCount: 8, memoryBytes: 16 * GIB }
  assert.deepEqual(compareHost({}, facts), right)
  assert.deepEqual(compareHost({ ...typed, uuid: UUID.toUpperCase() }, facts), right)
  const swapped = '44454c4c-4600-1035-8052-b4c04f4d3132'
  assert.deepEqual(compareHost({ ...typed, uuid: swapped, ip: 'FD00::5' }, facts), right)
})

test('another host is refused, with what was expected and what it reports', () => {
  const uuid = 'a0000000-0000-4000-8000-000000000001'
  assert.match(compareHost({ uuid }, facts).refusal ?? '', new RegExp(`${uuid}.*reports ${UUID}`))
  const anonymous = { ...facts, dmiUuid: 'ffffffff-ffff-ffff-ffff-ffffffffffff' }
  assert.match(compareHost({ uuid }, anonymous).refusal ?? '', /reports none/)
  assert.match(compareHost({ ip: '10.0.0.6' }, facts).refusal ?? '', /10\.0\.0\.6.*10\.0\.0\.5/)
})

test('other CPU and memory than was typed are notices', () => {
  const { refusal, notices } = compareHost({ cpuCount: 4, memoryBytes: 64 * GIB }, facts)
  assert.equal(refusal, null)
  assert.deepEqual(notices, [
    'registered with 4 CPU cores, reports 8',
    'registered with 64.0 GiB of memory, reports 15.4 GiB',
  ])
})
