/**
 * Lays a release down beside the running one.
 *
 * P1. The archive is listed before it is unpacked: files and directories below it alone, no links, so
 *     that nothing lands outside.
 * P2. It is unpacked beside its place and moved there when it is whole, on disk, and its runtime runs
 *     here: whoever sees the directory sees all of it.
 */
import { execFile } from 'node:child_process'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { syncDirectory } from '../link/durable-file.ts'
import { UpgradeProblem } from './upgrade-problem.ts'

const run = promisify(execFile)

const ENTRIES_MAX = 10_000
const LISTING_BYTES_MAX = 4 * 1024 * 1024
const UNPACK_MS_MAX = 5 * 60_000
const TRY_RUN_MS_MAX = 15_000

export interface UnpackOptions {
  readonly archive: string
  readonly prefix: string
  readonly version: string
  readonly arch: string
}

/** Rejects with UpgradeProblem; then nothing is left behind. */
export async function layDownRelease(options: UnpackOptions): Promise<void> {
  const { archive, prefix, version } = options
  const releases = join(prefix, 'releases')
  const incoming = join(releases, '.incoming')
  try {
    await rm(incoming, { recursive: true, force: true })
    await mkdir(incoming, { mode: 0o755 })
    await checkEntries(archive)
    await tar('-xzof', archive, '-C', incoming)
    await checkRelease(incoming, options)
    await syncTree(incoming)
    const place = join(releases, version)
    await rm(place, { recursive: true, force: true }) // not the running one: its version is another
    await rename(incoming, place) // P2
    await syncDirectory(releases)
  } catch (error) {
    await rm(incoming, { recursive: true, force: true }).catch(() => {})
    if (error instanceof UpgradeProblem) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new UpgradeProblem(`the release cannot be laid down in ${releases}: ${why}`, {
      cause: error,
    })
  }
}

/** P1 */
async function checkEntries(archive: string): Promise<void> {
  const names = lines(await tar('-tzf', archive))
  const types = lines(await tar('-tvzf', archive))
  if (names.length === 0) throw new UpgradeProblem('the bundle is empty')
  if (names.length > ENTRIES_MAX || types.length !== names.length) {
    throw new UpgradeProblem(`the bundle has ${names.length} entries, which is not one of ours`)
  }
  for (const name of names) {
    if (!name.startsWith('/') && !name.split('/').includes('..')) continue
    throw new UpgradeProblem(`the bundle holds ${JSON.stringify(name)}, which leads out of it`)
  }
  const other = types.findIndex((line) => !/^[-d]/.test(line))
  if (other < 0) return
  throw new UpgradeProblem(`the bundle holds ${names[other]}, which is neither file nor directory`)
}

async function checkRelease(dir: string, { version, arch }: UnpackOptions): Promise<void> {
  const text = await readFile(join(dir, 'release.json'), 'utf8')
  const release = JSON.parse(text) as Readonly<Record<string, unknown>>
  if (release['version'] !== version || release['arch'] !== arch) {
    const what = `${String(release['version'])} for ${String(release['arch'])}`
    throw new UpgradeProblem(`the bundle holds ${what}, its manifest says ${version} for ${arch}`)
  }
  // Another libc, or a CPU that it does not fit: found out while the old one still runs.
  await run(join(dir, 'bin/node'), ['--version'], { timeout: TRY_RUN_MS_MAX, env: {} })
}

async function tar(...args: readonly string[]): Promise<string> {
  const options = { timeout: UNPACK_MS_MAX, maxBuffer: LISTING_BYTES_MAX }
  return (await run('tar', args, options)).stdout
}

async function syncTree(dir: string): Promise<void> {
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) {
      await syncTree(path)
      continue
    }
    const file = await open(path, 'r')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  }
  await syncDirectory(dir)
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
