import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { Measurement } from './measurement.ts'

const FILE = fileURLToPath(new URL('reader.ts', import.meta.url))
const TIMEOUT_MS = 10 * 60_000

/** Our reader in a process of its own, alone or with an encoder behind it. */
export async function readerProcess(
  bootstrap: string,
  topic: string,
  encoding: 'none' | 'arrow' | 'record',
): Promise<Measurement> {
  const flags = ['--disable-warning=ExperimentalWarning', FILE, `--bootstrap=${bootstrap}`]
  const args = [...flags, `--topic=${topic}`, `--encoding=${encoding}`]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: TIMEOUT_MS })
  return JSON.parse(stdout) as Measurement
}
