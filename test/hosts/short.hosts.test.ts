/** What every `npm test` tells of the bed of hosts; `npm run test:hosts` tells all of it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const STORIES = ['network', 'five-steps']

it('agents are installed on hosts that only they reach, a job runs there, and uninstall leaves nothing', async () => {
  const args = ['--disable-warning=ExperimentalWarning', MAIN, ...STORIES]
  // Not the test runner's: its channel is not for what runs in the bed.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env })
  const said = await text(child.stdout)
  assert.match(said, new RegExp(`^${STORIES.length} passed, 0 failed$`, 'm'), said)
})
