/** `sluice up` for real: a control plane and an agent as processes, and the CLI as their client. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const TEST_MS_MAX = 120_000

function sluice(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const flags = ['--disable-warning=ExperimentalWarning', MAIN, ...args]
  const stdio = ['ignore', 'pipe', 'pipe'] as const
  return spawn(process.execPath, flags, { stdio: [...stdio], env })
}

test(
  'up starts a control plane with a built-in agent, says how to reach it, and stops both',
  {
    timeout: TEST_MS_MAX,
  },
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'sluice-up-'))
    const dataDir = join(dir, 'control-plane')
    // What a user of the API has set means nothing to the agent.
    const env = {
      PATH: process.env['PATH'],
      HOME: dir,
      SLUICE_SERVER: 'http://127.0.0.1:1',
      SLUICE_TOKEN: 'sluice_api_of_something_else',
    }
    const listen = [
      '--listen',
      '127.0.0.1:0',
      '--link-listen',
      '127.0.0.1:0',
      '--install-listen',
      'off',
    ]
    const up = sluice(['up', '--data-dir', dataDir, ...listen], env)
    const ended = once(up, 'exit') as Promise<[number | null]>
    t.after(async () => {
      up.kill('SIGTERM')
      await ended
      rmSync(dir, { recursive: true, force: true })
    })

    let server = ''
    for await (const line of createInterface({ input: up.stderr! })) {
      server ||= /export SLUICE_SERVER=(\S+)/.exec(line)?.[1] ?? ''
      if (line.includes('"agent runs"')) break
    }
    up.stderr?.resume()
    const tokenFile = join(dataDir, 'admin.token')
    assert.equal(statSync(tokenFile).mode & 0o777, 0o600)
    const client = {
      PATH: env.PATH,
      HOME: dir,
      SLUICE_SERVER: server,
      SLUICE_TOKEN_FILE: tokenFile,
    }
    const list = sluice(['agent', 'list', '-o', 'name'], client)
    assert.equal(await text(list.stdout!), 'built-in\n')
    up.kill('SIGTERM')
    assert.deepEqual((await ended).slice(0, 1), [0])
  },
)
