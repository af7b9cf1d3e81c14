/** What can be said of the host without asking anybody. */
import { stat, statfs } from 'node:fs/promises'
import { arch, totalmem } from 'node:os'
import { dirname } from 'node:path'

import { fail, type HostCheck, ok, warn } from './host-check.ts'

/** The supervisor and one channel. */
const MEMORY_MIN_BYTES = 512 * 1024 ** 2
const MEMORY_WANTED_BYTES = 1024 ** 3
/** Results that wait for their acknowledgement, and the next release. */
const DISK_MIN_BYTES = 500 * 1024 ** 2

export async function hostChecks(dirs: readonly string[]): Promise<HostCheck[]> {
  const disks = await Promise.all(dirs.map(diskCheck))
  return [architectureCheck(), libcCheck(), await supervisorCheck(), memoryCheck(), ...disks]
}

function architectureCheck(): HostCheck {
  return ok('architecture', `${arch()}, Node ${process.version}`)
}

function libcCheck(): HostCheck {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return ok('libc', `glibc ${report.header?.glibcVersionRuntime ?? 'of an unknown version'}`)
}

async function supervisorCheck(): Promise<HostCheck> {
  const isSystemd = await stat('/run/systemd/system').then(
    () => true,
    () => false,
  )
  return ok('init', isSystemd ? 'systemd' : "no systemd: the agent's own launcher starts it again")
}

function memoryCheck(): HostCheck {
  const limit = process.constrainedMemory()
  const bytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  const detail = `${megabytes(bytes)} MB`
  const advice = 'give the host or its container more; each channel takes about 200 MB under load'
  if (bytes < MEMORY_MIN_BYTES) return fail('memory', detail, `512 MB are needed: ${advice}`)
  return bytes < MEMORY_WANTED_BYTES ? warn('memory', detail, advice) : ok('memory', detail)
}

/** Of the file system that holds the directory, or would. */
async function diskCheck(dir: string): Promise<HostCheck> {
  const existing = await nearestExisting(dir)
  const { bavail, blocks, bsize } = await statfs(existing)
  const free = bavail * bsize
  const detail = `${dir}: ${megabytes(free)} MB free of ${megabytes(blocks * bsize)} MB`
  return free < DISK_MIN_BYTES
    ? fail('disk', detail, `make room: ${megabytes(DISK_MIN_BYTES)} MB are needed`)
    : ok('disk', detail)
}

async function nearestExisting(dir: string): Promise<string> {
  const exists = await stat(dir).then(
    () => true,
    () => false,
  )
  return exists || dir === dirname(dir) ? dir : nearestExisting(dirname(dir))
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2)
}
