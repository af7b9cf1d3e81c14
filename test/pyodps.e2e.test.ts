/** An unchanged PyODPS, from its package index, against the local endpoint: a client that shares no code with it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { DEFAULT_CREDENTIALS, startLocalEndpoint } from '../dev/maxcompute/endpoint.ts'
import { pyodpsPython } from './pyodps/venv.ts'

const SCRIPT = fileURLToPath(new URL('pyodps/check_endpoint.py', import.meta.url))
const CHECKS_MIN = 15

test('PyODPS writes, reads, runs SQL and meets errors as with the service', async (t) => {
  const environment = await pyodpsPython()
  if ('missing' in environment) {
    t.skip(environment.missing)
    return
  }
  const dataDir = await mkdtemp(path.join(tmpdir(), 'sluice-pyodps-'))
  t.after(() => rm(dataDir, { recursive: true, force: true }))
  const endpoint = await startLocalEndpoint({ dataDir, projects: ['proj'], faults: true })
  t.after(() => endpoint.close())
  const { accessId, accessKey } = DEFAULT_CREDENTIALS
  const child = spawn(
    environment.python,
    [SCRIPT, `${endpoint.url}/api`, accessId, accessKey, 'proj'],
    // Dates of PyODPS are local ones: the checks write them in UTC.
    { env: { ...process.env, TZ: 'UTC' }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  let errors = ''
  child.stdout.on('data', (piece: Buffer) => (output += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => (errors += piece.toString()))
  const [status] = (await once(child, 'close')) as [number | null]
  assert.equal(status, 0, `${output}${errors}`)
  const passed = output.split('\n').filter((line) => line.startsWith('ok '))
  for (const line of passed) t.diagnostic(line)
  assert.ok(passed.length >= CHECKS_MIN, `only ${passed.length} checks ran:\n${output}`)
})
