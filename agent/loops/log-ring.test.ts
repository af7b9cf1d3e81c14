import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createAgentLog } from './agent-log.ts'
import { LogRing } from './log-ring.ts'

function messages(ring: LogRing, from = 0): string[] {
  return ring.batchFrom(from).lines.map((line) => line.message ?? '')
}

test('lines keep their positions, and leave when they are acknowledged', () => {
  const ring = new LogRing(() => 5)
  for (const message of ['a', 'b', 'c']) ring.push({ message })
  ring.acknowledge(2)
  assert.deepEqual(ring.batchFrom(0), {
    position: 2,
    lines: [{ message: 'c', atMs: 5, fieldsJson: '' }],
  })
  assert.equal(ring.nextPosition, 3)
  ring.acknowledge(1)
  assert.equal(ring.firstPosition, 2)
})

test('a full ring drops the oldest lines and says how many', () => {
  const ring = new LogRing(() => 0, 3)
  for (const message of ['a', 'b', 'c', 'd', 'e']) ring.push({ message })
  const kept = messages(ring)
  assert.equal(kept.at(-1), 'e')
  assert.ok(kept.some((message) => message.includes('1 older log lines were dropped')))
  assert.ok(kept.length <= 3)
})

test('a batch is bounded in bytes and lines, but never empty', () => {
  const ring = new LogRing(() => 0)
  for (let no = 0; no < 10; no += 1) ring.push({ message: 'x'.repeat(15_000) })
  assert.equal(messages(ring).length, 4)
  assert.equal(messages(ring, 8).length, 2)
  const many = new LogRing(() => 0)
  for (let no = 0; no < 600; no += 1) many.push({ message: 'x' })
  assert.equal(messages(many).length, 500)
})

test('a line that is too long is cut and says so', () => {
  const ring = new LogRing(() => 0)
  ring.push({ message: 'y'.repeat(20_000) })
  const [message] = messages(ring)
  assert.match(message ?? '', /^y{16384}… \(cut: 20000 bytes\)$/)
})

test("the agent's own log goes to both ends, without secrets", () => {
  const ring = new LogRing(() => 0)
  const written: string[] = []
  const destination = { write: (line: string) => void written.push(line) }
  const log = createAgentLog({ level: 'debug', destination, ring })
  log.warn({ agentId: 'a', token: 's3cret', kafka: { saslPassword: 's3cret' } }, 'careful')
  log.debug('only here')
  assert.equal(written.length, 2)
  const [line] = ring.batchFrom(0).lines
  assert.equal(ring.nextPosition, 1)
  assert.equal(line?.level, 'warn')
  assert.equal(line.message, 'careful')
  assert.match(line.fieldsJson ?? '', /"agentId":"a"/)
  assert.ok(!JSON.stringify([written, line]).includes('s3cret'))
})
