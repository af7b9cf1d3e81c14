/** `npm run demo` from start to end, as a user runs it. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const DEMO = fileURLToPath(new URL('../dev/demo/main.ts', import.meta.url))
const TIMEOUT_MS = 5 * 60_000

interface Summary {
  readonly rows: number
  readonly expected: number
  readonly missing: number
  readonly duplicated: number
  readonly unexpected: number
  readonly seconds: number
  readonly topicPartitions: number
  readonly agents: readonly string[]
}

it('the demo moves every record into the table exactly once', { timeout: TIMEOUT_MS }, async () => {
  const flags = ['--disable-warning=ExperimentalWarning', DEMO, '--json', '--records', '20000']
  const { stdout } = await promisify(execFile)(process.execPath, flags, { timeout: TIMEOUT_MS })
  const summary = JSON.parse(stdout) as Summary
  const { rows, expected, missing, duplicated, unexpected } = summary
  assert.deepEqual(
    { rows, expected, missing, duplicated, unexpected },
    { rows: 20_000, expected: 20_000, missing: 0, duplicated: 0, unexpected: 0 },
  )
  assert.equal(summary.topicPartitions, 4)
  assert.ok(summary.seconds > 0)
  assert.ok(summary.agents.length >= 1)
})

it('the demo says in one line what is wrong with a flag', async () => {
  const flags = ['--disable-warning=ExperimentalWarning', DEMO, '--records', 'many']
  await assert.rejects(promisify(execFile)(process.execPath, flags), {
    code: 2,
    stdout: '',
    stderr: '--records many: expected a whole number from 1 to 10000000\n',
  })
})
