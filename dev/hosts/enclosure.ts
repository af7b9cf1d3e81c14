/**
 * Runs a program as the first of a mount, network and process namespace of its own. Everything that it
 * makes there (networks, mounts, hosts, their processes) exists only in them, so:
 *
 * E1. The machine's own networks, mounts and processes are never touched: there is nothing to put back.
 * E2. When the program ends, however it ends, the kernel removes all of it. No leftovers to look for.
 *     Control groups are no namespace's: this process removes what the program made (control-groups.ts).
 * E3. When whoever called is killed, the reaper kills the program (dev/local-system/reaper.ts), and E2.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { forgetGroup, watchGroup } from '../local-system/reaper.ts'
import { CONTROL_GROUP_VARIABLE, makeControlGroup, removeControlGroup } from './control-groups.ts'

/** The shell is process 1: it reaps what others leave, and its end is the end of all. */
const FIRST_PROCESS = '"$@" & program=$!; trap "kill -TERM $program" TERM; wait $program'

/** Of Node itself, running this script with these arguments. Resolves with its status. */
export async function runEnclosed(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc']
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', script, ...args]
  const controlGroup = makeControlGroup()
  const groupEnv = controlGroup === null ? {} : { [CONTROL_GROUP_VARIABLE]: controlGroup }
  const child = spawn('unshare', [...namespaces, 'sh', '-c', FIRST_PROCESS, 'sh', ...node], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...groupEnv, ...env },
  })
  const { pid } = child
  if (pid !== undefined) watchGroup(pid) // E3
  const interrupt = (): void => {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  }
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    const [code] = (await once(child, 'exit')) as [number | null]
    return code ?? 1
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
    if (pid !== undefined) forgetGroup(pid)
    if (controlGroup !== null) await removeControlGroup(controlGroup)
  }
}
