/**
 * What every host has below its own files, read-only: the machine's programs and libraries, without what
 * a bare host need not have. A layer of the overlay hides the rest:
 *
 * B1. Of the machine's root only /usr and its short cuts (/bin, /lib...) are seen.
 * B2. No runtime to lean on: no Node.js, Java or Python, no container engine, nothing of /usr/local.
 */
import { lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { run } from './command.ts'

const SEEN = new Set(['usr', 'bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'])
const HIDDEN_PROGRAMS =
  /^(node|nodejs|npm|npx|corepack|java|javac|python\d?(\.\d+)?|pypy3?|docker|podman|bun|deno)$/
const HIDDEN_FOLDERS = ['usr/local', 'usr/lib/jvm', 'usr/share/nodejs', 'usr/lib/node_modules']
/** Mount points and folders that each host fills itself. */
const EMPTY_FOLDERS = [
  'etc',
  'var',
  'root',
  'home',
  'tmp',
  'run',
  'proc',
  'sys',
  'dev',
  'mnt',
  'opt',
  'srv',
]

/** Makes the layer in a new directory (not on the machine's root file system); resolves with it. */
export async function makeBaseMask(directory: string): Promise<string> {
  const mask = join(directory, 'mask')
  const work = join(directory, 'mask-work')
  const merged = join(directory, 'mask-merged')
  for (const path of [mask, work, merged, join(mask, 'usr'), join(mask, 'usr/bin')]) mkdirSync(path)
  await hide(mask, hiddenPaths())
  await run('mount', [
    '-t',
    'overlay',
    '-o',
    `lowerdir=/,upperdir=${mask},workdir=${work}`,
    'base',
    merged,
  ])
  // Made over what hides them: the kernel marks these folders as not to be looked through.
  for (const folder of [...EMPTY_FOLDERS, 'usr/local']) {
    mkdirSync(join(merged, folder), { mode: folder === 'root' ? 0o700 : 0o755 })
  }
  await run('umount', [merged])
  return mask
}

function hiddenPaths(): string[] {
  const top = readdirSync('/').filter((name) => !SEEN.has(name))
  const programs = readdirSync('/usr/bin').filter((name) => HIDDEN_PROGRAMS.test(name))
  return [...top, ...programs.map((name) => `usr/bin/${name}`), ...HIDDEN_FOLDERS.filter(exists)]
}

/** A character device 0:0 is how an overlay says "this is gone". */
async function hide(mask: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const target = join(mask, path)
    mkdirSync(join(target, '..'), { recursive: true })
  }
  const script = 'while read -r path; do mknod "$path" c 0 0; done'
  await run('sh', ['-euc', script], {
    stdin: paths.map((path) => `${join(mask, path)}\n`).join(''),
  })
}

function exists(path: string): boolean {
  return lstatSync(join('/', path), { throwIfNoEntry: false }) !== undefined
}
