import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ProbeError } from './probe-error.ts'
import { passed, runStages, skipped, type Stage } from './stages.ts'

const signal = new AbortController().signal
const options = { timeoutMs: 5_000, signal, secrets: ['s3cret-word'] }

function stage(name: string, run: Stage['run']): Stage {
  return { name, run }
}

test('all stages passed, or not asked for: Connectable, and no message', async () => {
  const result = await runStages(
    [
      stage('dns', async () => passed('a is 10.0.0.1')),
      stage('tls', async () => skipped('no TLS')),
    ],
    options,
  )
  assert.equal(result.verdict, 'CONNECTABLE')
  assert.equal(result.message, '')
  assert.deepEqual(
    result.stages?.map(({ name, outcome, detail }) => [name, outcome, detail]),
    [
      ['dns', 'PASSED', 'a is 10.0.0.1'],
      ['tls', 'SKIPPED', 'no TLS'],
    ],
  )
})

test('a stage that fails gives the verdict and the message, and the rest is skipped', async () => {
  let ran = false
  const result = await runStages(
    [
      stage('tcp', async () => {
        throw new ProbeError('REFUSED', '10.0.0.1:9092 refuses the connection')
      }),
      stage('tls', async () => {
        ran = true
        return passed('')
      }),
    ],
    options,
  )
  assert.equal(result.verdict, 'UNREACHABLE')
  assert.match(
    result.message ?? '',
    /^tcp: 10\.0\.0\.1:9092 refuses the connection: nothing listens/,
  )
  assert.deepEqual(
    result.stages?.map(({ outcome }) => outcome),
    ['FAILED', 'SKIPPED'],
  )
  assert.equal(ran, false)
})

test('a stage that never ends has failed when time is over', async () => {
  const result = await runStages([stage('dns', () => new Promise(() => {}))], {
    ...options,
    timeoutMs: 20,
  })
  assert.equal(result.verdict, 'UNREACHABLE')
  assert.match(result.stages?.[0]?.detail ?? '', /no outcome within \d+ ms/)
})

test('the caller’s abort ends the test at once', async () => {
  const leaving = new AbortController()
  const running = runStages([stage('dns', () => new Promise(() => {}))], {
    ...options,
    signal: leaving.signal,
  })
  leaving.abort(new Error('cancelled'))
  await assert.rejects(running, /cancelled/)
})

test('a bug is thrown, and a secret is blanked wherever it appears', async () => {
  const bug = stage('dns', async () => {
    throw new TypeError('bug')
  })
  await assert.rejects(runStages([bug], options), /bug/)
  const talkative = stage('dns', async () => {
    throw new ProbeError('BAD_SETTING', 'the password s3cret-word is wrong')
  })
  const result = await runStages([talkative], options)
  assert.doesNotMatch(JSON.stringify(result), /s3cret-word/)
  assert.match(result.message ?? '', /password \*\*\*/)
})
