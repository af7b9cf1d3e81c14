/** What a host was before an agent came, and has to be again when it has gone. */
import assert from 'node:assert/strict'

import {
  type FileSystemState,
  fileSystemDiff,
  fileSystemState,
} from '../../dev/hosts/file-system.ts'
import type { Host } from '../../dev/hosts/host.ts'
import type { World } from './world.ts'

/**
 * Not the installer's: useradd, userdel and every other tool that changes users keep the file as it was
 * before their last change. They were there before, and any other change of a user replaces them again.
 */
const SHADOW_UTILS_BACKUP = /^~ \/etc\/(passwd|group|shadow|gshadow|subuid|subgid)-: file /
const UNINSTALL_TIMEOUT_MS = 90_000

export interface HostState {
  readonly files: FileSystemState
  /** Command lines. */
  readonly processes: readonly string[]
}

export async function hostState(host: Host): Promise<HostState> {
  return { files: await fileSystemState(host), processes: await processes(host) }
}

/** No file, user or process is left, and the control plane knows. */
export async function uninstallLeavesNothing(
  world: World,
  host: Host,
  before: HostState,
): Promise<void> {
  await host.sh('sluice-agent uninstall', { timeoutMs: UNINSTALL_TIMEOUT_MS })
  const after = await hostState(host)
  const left = fileSystemDiff(before.files, after.files)
  assert.deepEqual(
    left.filter((line) => !SHADOW_UTILS_BACKUP.test(line)),
    [],
  )
  assert.deepEqual(after.processes, before.processes)
  const { items } = await world.client.listAgents()
  const agent = items.find(({ name }) => name === host.name)
  assert.ok(agent === undefined || agent.state === 'revoked', `the agent is ${agent?.state}`)
}

/** Command lines of all that runs on the host, without what looks. */
async function processes(host: Host): Promise<readonly string[]> {
  const script = `for one in /proc/[0-9]*; do tr '\\0' ' ' <$one/cmdline 2>/dev/null; echo; done`
  const lines = (await host.sh(script)).split('\n').map((line) => line.trim())
  return lines.filter((line) => line !== '' && !line.includes('/cmdline')).toSorted()
}
