/** Starts the two long-running processes; everything else talks to the API. */
import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { EXIT, type ExitCode } from './exit-codes.ts'

export type EntryPoint = 'control-plane' | 'agent'

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * In a process group of its own: Ctrl-C in a terminal goes to everyone in the foreground group, and
 * an agent takes a second signal as "at once". So only ours count: see `onStopSignal`.
 */
export function spawnEntryPoint(
  name: EntryPoint,
  args: readonly string[],
  how: { readonly env?: NodeJS.ProcessEnv; readonly stdout?: 'pipe' } = {},
): ChildProcess {
  const file = fileURLToPath(new URL(`../${name}/main.ts`, import.meta.url))
  const flags = ['--disable-warning=ExperimentalWarning', file, ...args]
  const stdio: StdioOptions = ['ignore', how.stdout ?? 'inherit', 'inherit']
  const env = how.env ?? process.env
  return spawn(process.execPath, flags, { stdio, env, detached: true })
}

/** Runs it in the foreground to its end; its exit code becomes ours. */
export async function runEntryPoint(
  name: EntryPoint,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<ExitCode> {
  const child = spawnEntryPoint(name, args, { env })
  const remove = onStopSignal(() => void child.kill('SIGTERM'))
  try {
    return await exitOf(child)
  } finally {
    remove()
  }
}

/** Calls back for each signal that asks to stop. Returns how to take it back. */
export function onStopSignal(stop: () => void): () => void {
  for (const signal of STOP_SIGNALS) process.on(signal, stop)
  return () => {
    for (const signal of STOP_SIGNALS) process.off(signal, stop)
  }
}

/** The exit code; `interrupted` for a process that was killed. */
export async function exitOf(child: ChildProcess): Promise<ExitCode> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return (child.exitCode ?? EXIT.interrupted) as ExitCode
}

/** The environment of an agent: without the API token, which it has no use for. */
export function agentEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { SLUICE_TOKEN: _apiToken, ...rest } = env
  return rest
}
