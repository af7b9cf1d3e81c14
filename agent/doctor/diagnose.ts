/** What the control plane may ask an agent about its own host: the doctor's checks, and its newest log lines. */
import { open } from 'node:fs/promises'

import type { DiagnoseResultInput } from '../../proto/gen/sluice/agent/v1/DiagnoseResult.ts'
import type { DiagnoseSpec } from '../../proto/gen/sluice/agent/v1/DiagnoseSpec.ts'
import type { HostCheckInput } from '../../proto/gen/sluice/agent/v1/HostCheck.ts'
import type { RecentLines } from '../loops/recent-lines.ts'
import type { HostCheck } from './host-check.ts'
import { runDoctor } from './run-doctor.ts'

const LINES_DEFAULT = 200
const LINES_MAX = 2_000
/** Of the log file's end, and of the answer. */
const LOG_BYTES_MAX = 512 * 1024
const LINE_CHARS_MAX = 4_096

const OUTCOMES = { ok: 'OK', warn: 'WARNING', fail: 'FAILED', skip: 'SKIPPED' } as const

export interface DiagnoseOptions {
  readonly stateDir: string
  readonly recent: RecentLines
  /** Set by the launcher; it also holds what the process before this one said. null: there is none. */
  readonly logFile: string | null
  readonly env: Readonly<Record<string, string | undefined>>
}

export type Diagnose = (spec: DiagnoseSpec) => Promise<DiagnoseResultInput>

export function createDiagnose(options: DiagnoseOptions): Diagnose {
  return async ({ what, linesMax }) => {
    if (what === 'LOGS') return { lines: [...(await newestLines(options, linesMax))] }
    const checks = await runDoctor({
      stateDir: options.stateDir,
      server: null,
      token: null,
      caFingerprint: null,
      env: options.env,
      linkOnly: false,
      nowMs: Date.now,
    })
    return { checks: checks.map(hostCheck) }
  }
}

function hostCheck({ name, outcome, detail, advice }: HostCheck): HostCheckInput {
  return { name, outcome: OUTCOMES[outcome], detail, advice }
}

async function newestLines(
  { recent, logFile }: DiagnoseOptions,
  wanted: number,
): Promise<readonly string[]> {
  const count = Math.min(wanted === 0 ? LINES_DEFAULT : wanted, LINES_MAX)
  const ofFile = logFile === null ? null : await endOfFile(logFile)
  const lines = ofFile === null ? recent.newest(count) : ofFile.slice(-count)
  return lines.map((line) => line.slice(0, LINE_CHARS_MAX))
}

/** null: it cannot be read. */
async function endOfFile(path: string): Promise<readonly string[] | null> {
  try {
    await using handle = await open(path, 'r')
    const { size } = await handle.stat()
    const start = Math.max(0, size - LOG_BYTES_MAX)
    const bytes = Buffer.alloc(size - start)
    await handle.read(bytes, 0, bytes.byteLength, start)
    const lines = bytes.toString('utf8').split('\n')
    if (start > 0) lines.shift() // cut
    return lines.filter((line) => line !== '')
  } catch {
    return null
  }
}
