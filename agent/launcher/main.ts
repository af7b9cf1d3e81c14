/**
 * The service's main process: `sluice-agent launch --prefix DIR --state-dir DIR [...]`.
 * Under systemd it stays in the foreground and logs to the journal; elsewhere `--detach` makes it a
 * process of its own, with a pid file and a log file.
 */
import { spawn } from 'node:child_process'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadEnvFile } from 'node:process'
import { parseArgs } from 'node:util'

import { systemClock } from '../../lib/clock.ts'
import { connectedVersion, planeAnswers } from './health.ts'
import { startLauncher } from './launcher.ts'
import { pruneReleases, switchRelease } from './releases.ts'
import { RotatingLog } from './rotating-log.ts'
import { writeUpgradeFile } from './upgrade-file.ts'

const LOG_BYTES_MAX = 10 * 1024 * 1024
const LOG_FILES_KEPT = 4

interface Settings {
  readonly prefix: string
  readonly stateDir: string
  /** null: standard error. */
  readonly logDir: string | null
  readonly pidFile: string | null
}

function main(): void {
  const { values } = parseArgs({
    options: {
      prefix: { type: 'string' },
      'state-dir': { type: 'string' },
      'env-file': { type: 'string' },
      'log-dir': { type: 'string' },
      'pid-file': { type: 'string' },
      detach: { type: 'boolean', default: false },
    },
  })
  if (values.detach) return detach()
  if (values['env-file'] !== undefined) loadEnvFile(values['env-file'])
  const stateDir = values['state-dir'] ?? process.env['SLUICE_STATE_DIR']
  if (values.prefix === undefined || stateDir === undefined) {
    throw new Error('give --prefix and --state-dir')
  }
  const { 'log-dir': logDir = null, 'pid-file': pidFile = null } = values
  void launch({ prefix: values.prefix, stateDir, logDir, pidFile })
}

/** The same again in a session of its own; says its process id. */
function detach(): void {
  const args = process.argv.slice(1).filter((arg) => arg !== '--detach')
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
  })
  child.unref()
  console.log(child.pid)
}

async function launch({ prefix, stateDir, logDir, pidFile }: Settings): Promise<void> {
  const logFile = logDir === null ? null : join(logDir, 'agent.log')
  const log =
    logFile === null
      ? null
      : new RotatingLog({ path: logFile, bytesMax: LOG_BYTES_MAX, filesKept: LOG_FILES_KEPT })
  const write = (chunk: string | Uint8Array): void => {
    if (log === null) process.stderr.write(chunk)
    else log.write(chunk)
  }
  if (pidFile !== null) {
    writeFileSync(pidFile, `${process.pid}\n`)
    chmodSync(pidFile, 0o644)
  }
  const launcher = startLauncher({
    clock: systemClock,
    stateDir,
    command: () => ({
      file: join(prefix, 'current/bin/sluice-agent'),
      args: ['run', `--state-dir=${stateDir}`],
    }),
    env: {
      ...process.env,
      SLUICE_SUPERVISOR: process.env['SLUICE_SUPERVISOR'] ?? 'launcher',
      ...(logFile === null ? {} : { SLUICE_LOG_FILE: logFile }),
    },
    output: log === null ? null : write,
    say: (message) =>
      write(`${JSON.stringify({ level: 30, time: Date.now(), msg: `launcher: ${message}` })}\n`),
    switchRelease: (release) => switchRelease(prefix, release),
    pruneReleases: (keep) => pruneReleases(prefix, keep),
    recordUpgrade: (upgrade) => writeUpgradeFile(stateDir, upgrade),
    connectedVersion: () => connectedVersion(stateDir),
    planeAnswers: () => planeAnswers(process.env['SLUICE_LINK'], process.env),
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => launcher.stop())
  process.on('SIGHUP', () => {}) // a terminal that closes is no reason
  process.exitCode = await launcher.done
  if (pidFile !== null) rmSync(pidFile, { force: true })
  log?.close()
}

main()
