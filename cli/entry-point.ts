/** Starts one of the two long-running processes; everything else talks to the API. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { EXIT, type ExitCode } from './exit-codes.ts'

export type EntryPoint = 'control-plane' | 'agent'

export function spawnEntryPoint(
  name: EntryPoint,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ChildProcess {
  const file = fileURLToPath(new URL(`../${name}/main.ts`, import.meta.url))
  const flags = ['--disable-warning=ExperimentalWarning', file, ...args]
  return spawn(process.execPath, flags, { stdio: 'inherit', env })
}

/** Runs it in the foreground to its end; its exit code becomes ours. */
export async function runEntryPoint(name: EntryPoint, args: readonly string[]): Promise<ExitCode> {
  const child = spawnEntryPoint(name, args)
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
  process.on('SIGINT', pass)
  process.on('SIGTERM', pass)
  try {
    const [code] = (await once(child, 'exit')) as [number | null]
    return (code ?? EXIT.interrupted) as ExitCode
  } finally {
    process.off('SIGINT', pass)
    process.off('SIGTERM', pass)
  }
}
