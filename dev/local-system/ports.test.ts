import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

import { choosePort } from './ports.ts'

const run = promisify(execFile)
const MODULE = new URL('./ports.ts', import.meta.url).href

/** The given numbers, in turn. */
function inTurn(...numbers: readonly number[]): () => number {
  let at = 0
  return () => numbers[at++ % numbers.length]!
}

test('a port that was chosen is not chosen again, although nobody listens on it yet', async () => {
  const first = await choosePort(inTurn(0.4321))
  const second = await choosePort(inTurn(0.4321, 0.5432))
  assert.notEqual(second, first)
})

test('nor is it by another process', async () => {
  const first = await choosePort(inTurn(0.6543))
  const code = `
    import { choosePort } from '${MODULE}'
    const numbers = [0.6543, 0.7654]
    process.stdout.write(String(await choosePort(() => numbers.shift())))
  `
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code])
  assert.notEqual(Number(stdout), first)
  assert.ok(Number(stdout) > 0)
})
