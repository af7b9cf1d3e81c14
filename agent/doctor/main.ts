/** `sluice-agent doctor`: one line a check; exit code 1 when one failed. */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { connectedVersion, statusMessage } from '../launcher/health.ts'
import { loadIdentity } from '../link/identity.ts'
import { parseServerAddress } from '../link/server-address.ts'
import { checkLine } from './host-check.ts'
import { hasFailed, runDoctor } from './run-doctor.ts'

const WAIT_LOOK_MS = 250
const STATE_DIR = '/var/lib/sluice-agent'

const OPTIONS = {
  json: { type: 'boolean', default: false },
  'state-dir': { type: 'string' },
  link: { type: 'string' },
  'env-file': { type: 'string' },
  'ca-fingerprint': { type: 'string' },
  /** The installer's: the network alone, its shell part has looked at the rest. */
  'link-only': { type: 'boolean', default: false },
  /** The installer's: without identity and token there is nothing to enrol with, which is fine here. */
  'no-token': { type: 'boolean', default: false },
  /** The installer's: waits until the agent is connected, for so many seconds. */
  'wait-connected': { type: 'string' },
} as const

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS })
  if (values['env-file'] !== undefined) process.loadEnvFile(values['env-file'])
  const { env } = process
  const stateDir = values['state-dir'] ?? env['SLUICE_STATE_DIR'] ?? STATE_DIR
  const wait = values['wait-connected']
  if (wait !== undefined) return waitConnected(stateDir, Number(wait) * 1000)
  const link = values.link ?? env['SLUICE_LINK']
  const all = await runDoctor({
    stateDir,
    server: link === undefined ? null : parseServerAddress(link),
    token: env['SLUICE_ENROL_TOKEN'] ?? null,
    caFingerprint: values['ca-fingerprint'] ?? null,
    env,
    linkOnly: values['link-only'],
    nowMs: Date.now,
  })
  const checks = values['no-token'] ? all.filter(({ name }) => name !== 'token') : all
  const text = values.json ? JSON.stringify({ checks }, null, 2) : checks.map(checkLine).join('\n')
  process.stdout.write(`${text}\n`)
  return hasFailed(checks) ? 1 : 0
}

/** Prints who is connected; or, on standard error, why the agent says that it is not. */
async function waitConnected(stateDir: string, timeoutMs: number): Promise<number> {
  const untilMs = performance.now() + timeoutMs
  while ((await connectedVersion(stateDir)) === null) {
    if (performance.now() > untilMs) {
      const message = await statusMessage(stateDir)
      if (message !== '') console.error(message)
      return 1
    }
    await sleep(WAIT_LOOK_MS)
  }
  const identity = await loadIdentity(stateDir)
  process.stdout.write(`Available: agent ${identity?.name} of group ${identity?.group}\n`)
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
