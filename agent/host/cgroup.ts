/**
 * The limits that the kernel puts on this process: cgroup v2 (`cpu.max`, `memory.max`), v1
 * (`cpu.cfs_quota_us`, `memory.limit_in_bytes`) or both. A limit may stand on any group above ours,
 * and the paths in /proc may be those outside of a container: every folder from ours to the root
 * is asked, and the smallest answer counts.
 */
import { readFile } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { dirname, join } from 'node:path'

import { usableCapacity } from './capacity.ts'
import type { Capacity, CgroupLimits } from './capacity.ts'

const MOUNT = 'sys/fs/cgroup'
/** v1 says "no limit" by a number beyond any memory. */
const NO_MEMORY_LIMIT_BYTES = 2 ** 60
const DEPTH_MAX = 32

type Read = (path: string) => Promise<string | null>

/** What this process may use. Files are read below `root`, so that tests can lay down their own. */
export async function readCapacity(root = '/'): Promise<Capacity> {
  const host = { cpuCores: availableParallelism(), memoryBytes: totalmem() }
  return usableCapacity(host, await readCgroupLimits(root))
}

export async function readCgroupLimits(root = '/'): Promise<CgroupLimits> {
  const read: Read = (path) =>
    readFile(join(root, path), 'utf8').then(
      (text) => text.trim(),
      () => null,
    )
  const cpu: (number | null)[] = []
  const memory: (number | null)[] = []
  for (const { controllers, path } of ownGroups((await read('proc/self/cgroup')) ?? '')) {
    const isV2 = controllers.length === 0
    for (const folder of upwards(path)) {
      if (isV2) {
        // Beside v1 the second version has a folder of its own.
        for (const mount of [MOUNT, `${MOUNT}/unified`]) {
          cpu.push(cpuMax(await read(join(mount, folder, 'cpu.max'))))
          memory.push(memoryLimit(await read(join(mount, folder, 'memory.max'))))
        }
      }
      if (controllers.includes('cpu')) cpu.push(await cfsQuota(read, controllers, folder))
      if (controllers.includes('memory')) {
        const file = join(MOUNT, 'memory', folder, 'memory.limit_in_bytes')
        memory.push(memoryLimit(await read(file)))
      }
    }
  }
  return { cpuCores: smallest(cpu), memoryBytes: smallest(memory) }
}

/** Lines of /proc/self/cgroup, `4:cpu,cpuacct:/a/b`; v2's has no controllers. */
function ownGroups(text: string): { controllers: string[]; path: string }[] {
  return text.split('\n').flatMap((line) => {
    const [, names, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (names === undefined || path === undefined) return []
    return [{ controllers: names === '' ? [] : names.split(','), path }]
  })
}

/** `/a/b`, `/a`, `/` */
function upwards(path: string): string[] {
  const folders = [path]
  for (let at = path; at !== '/' && folders.length < DEPTH_MAX;) {
    at = dirname(at)
    folders.push(at)
  }
  return folders
}

/** The folder is called as the controllers are mounted: `cpu`, or `cpu,cpuacct`. */
async function cfsQuota(
  read: Read,
  controllers: readonly string[],
  folder: string,
): Promise<number | null> {
  for (const mount of new Set(['cpu', controllers.join(',')])) {
    const quota = Number((await read(join(MOUNT, mount, folder, 'cpu.cfs_quota_us'))) ?? '-1')
    const period = Number((await read(join(MOUNT, mount, folder, 'cpu.cfs_period_us'))) ?? '0')
    if (quota > 0 && period > 0) return quota / period
  }
  return null
}

/** `max 100000`, or `150000 100000`: microseconds in a period. */
function cpuMax(text: string | null): number | null {
  const [, quota, period] = /^(\d+) (\d+)$/.exec(text ?? '') ?? []
  if (quota === undefined || period === undefined || Number(period) === 0) return null
  return Number(quota) / Number(period)
}

function memoryLimit(text: string | null): number | null {
  if (text === null || !/^\d+$/.test(text)) return null // `max`
  const bytes = Number(text)
  return bytes < NO_MEMORY_LIMIT_BYTES ? bytes : null
}

function smallest(limits: readonly (number | null)[]): number | null {
  const given = limits.filter((limit) => limit !== null)
  return given.length === 0 ? null : Math.min(...given)
}
