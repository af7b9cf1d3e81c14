/**
 * What a host's file system holds, so that two moments of it can be compared: name, kind, mode, owner,
 * and content of every file. Below what the host's disk holds lies the machine's own read-only part
 * (base.ts): what is not on the disk is as it is there.
 */
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'

import type { Host } from './host.ts'

/** Path on the host's disk → what stands there. */
export type FileSystemState = ReadonlyMap<string, string>

/** What Host.clockOffset leaves, for each process. */
const FAKETIME = /^\/dev\/shm\/(sem\.)?faketime_/
const GONE = 'gone'
const TYPE_MASK = 0o170000
const CHARACTER_DEVICE = 0o020000

/** Of a host that is up: /run is memory, and not on the disk. */
export async function fileSystemState(host: Host): Promise<FileSystemState> {
  const state = new Map<string, string>()
  walk(host.disk, '', state)
  const inMemory = await host.sh(`find /run /dev/shm -mindepth 1 -printf '%p\\t%y %m %U:%G %l\\n'`)
  for (const line of inMemory.split('\n').filter((text) => text !== '')) {
    const [path, about] = line.split('\t')
    if (path !== undefined && !FAKETIME.test(path)) state.set(path, about ?? '')
  }
  return state
}

/** One line for each path that is not as it was: `+ path`, `- path` or `~ path: before -> after`. */
export function fileSystemDiff(before: FileSystemState, after: FileSystemState): readonly string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted()
  return paths.flatMap((path) => {
    const was = before.get(path) ?? ofMachine(path)
    const is = after.get(path) ?? ofMachine(path)
    if (was === is) return []
    if (was === GONE) return [`+ ${path}: ${is}`]
    return [is === GONE ? `- ${path}: ${was}` : `~ ${path}: ${was} -> ${is}`]
  })
}

function walk(disk: string, path: string, state: Map<string, string>): void {
  for (const name of readdirSync(join(disk, path))) {
    const child = `${path}/${name}`
    const about = describe(join(disk, child))
    state.set(child, about)
    if (about.startsWith('folder')) walk(disk, child, state)
  }
}

/** What the host sees where its disk has nothing: the machine's programs, and nothing else. */
function ofMachine(path: string): string {
  return path === '/usr' || path.startsWith('/usr/') ? describe(path) : GONE
}

function describe(file: string): string {
  const stats = lstatSync(file, { throwIfNoEntry: false })
  if (stats === undefined) return GONE
  // How an overlay says that a file of the layers below is gone.
  if ((stats.mode & TYPE_MASK) === CHARACTER_DEVICE && stats.rdev === 0) return GONE
  return `${kind(stats, file)} ${(stats.mode & 0o7777).toString(8)} ${stats.uid}:${stats.gid}`
}

function kind(stats: Stats, file: string): string {
  if (stats.isDirectory()) return 'folder'
  if (stats.isSymbolicLink()) return `link to ${readlinkSync(file)}`
  if (!stats.isFile()) return 'special file'
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16)
  return `file of ${stats.size} bytes, sha256 ${digest}`
}
