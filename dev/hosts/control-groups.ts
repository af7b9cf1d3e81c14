/**
 * Control groups: a host's systemd keeps its services in a tree of them below one of its own. They are
 * the one thing of a bed that lies outside of its namespaces, so they are named after the process that
 * holds the enclosure, and removed by it, or by the next one when it was killed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { BedError } from './bed-error.ts'

/** Set inside an enclosure: the bed's group. */
export const CONTROL_GROUP_VARIABLE = 'BED_CONTROL_GROUP'
const PREFIX = 'sluice-bed-'
const REMOVAL_TIMEOUT_MS = 5_000
const POLL_MS = 50

/** A new group below the caller's own; null: this machine has no control groups of version 2. */
export function makeControlGroup(): string | null {
  const own = ownGroup()
  if (own === null) return null
  removeForgotten(own)
  const group = join(own, `${PREFIX}${process.pid}`)
  try {
    mkdirSync(group)
    return group
  } catch {
    return null // read-only, as in a container
  }
}

/** Inside an enclosure: for the host's systemd to be the root of. @throws BedError */
export function makeHostGroup(name: string): string {
  const bedGroup = process.env[CONTROL_GROUP_VARIABLE]
  if (bedGroup === undefined) {
    const message = `host ${name}: systemd needs control groups of version 2 that root may write to, at /sys/fs/cgroup or below it`
    throw new BedError('REQUIREMENT_MISSING', message)
  }
  const group = join(bedGroup, name)
  mkdirSync(group, { recursive: true }) // it is there since an earlier boot
  return group
}

/** With all below it. Waits for the last of its processes: the kernel ends them in its own time. */
export async function removeControlGroup(group: string): Promise<void> {
  const startedMs = performance.now()
  while (!tryRemove(group) && performance.now() - startedMs < REMOVAL_TIMEOUT_MS) {
    await sleep(POLL_MS)
  }
}

/** Of enclosures that were killed. */
function removeForgotten(own: string): void {
  for (const name of readdirSync(own)) {
    if (!name.startsWith(PREFIX)) continue
    if (!existsSync(`/proc/${name.slice(PREFIX.length)}`)) tryRemove(join(own, name))
  }
}

/** Bottom up, directories alone: the files of a group go with it. false: something runs in one. */
function tryRemove(group: string): boolean {
  try {
    for (const entry of readdirSync(group, { withFileTypes: true })) {
      if (entry.isDirectory() && !tryRemove(join(group, entry.name))) return false
    }
    rmdirSync(group)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

function ownGroup(): string | null {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
  const mountPoint = /^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 /m.exec(mounts)?.[1]
  const path = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1]
  if (mountPoint === undefined || path === undefined) return null
  const group = join(mountPoint, path)
  return existsSync(group) ? group : null
}
