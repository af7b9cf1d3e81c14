/**
 * One reaper a process: a shell in a session of its own that kills what is registered with it as soon
 * as this process is gone (exit, crash, Ctrl-C, kill -9), because then its standard input ends.
 */
import { spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

let input: Writable | null = null

/** The process group dies with this process from now on. */
export function watchGroup(processGroup: number): void {
  input ??= startReaper()
  input.write(`watch ${processGroup}\n`)
}

/** The group is over: its number may soon be somebody else's. */
export function forgetGroup(processGroup: number): void {
  input?.write(`forget ${processGroup}\n`)
}

function startReaper(): Writable {
  const script = fileURLToPath(new URL('reaper.sh', import.meta.url))
  const child = spawn('sh', [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  child.unref()
  const stdin = child.stdin as Writable & { unref(): void }
  stdin.unref()
  return stdin
}
