/** Where this agent is installed: `<prefix>/releases/<version>/bin/node` runs it. */
import { constants } from 'node:fs'
import { access, readFile, realpath, statfs } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Beside the archive itself: what it unpacks to, in multiples of its size. */
const UNPACKED_FACTOR = 4
const DISK_RESERVE_BYTES = 64 * 1024 * 1024

export interface Installation {
  readonly prefix: string
  /** Name of the running release's directory. */
  readonly release: string
}

/** By the runtime that executes this process; a string: why it is no such installation. */
export async function findInstallation(execPath: string): Promise<Installation | string> {
  const releaseDir = dirname(dirname(await realpath(execPath)))
  const releases = dirname(releaseDir)
  const isRelease = await readFile(join(releaseDir, 'release.json')).then(
    () => basename(releases) === 'releases',
    () => false,
  )
  if (!isRelease) {
    return 'this agent does not run from an installed release, so it cannot be upgraded from the control plane: install it with the install command of its group'
  }
  try {
    await access(releases, constants.W_OK | constants.X_OK)
    await access(dirname(releases), constants.W_OK | constants.X_OK)
  } catch {
    return `the agent may not write to ${dirname(releases)}: run the install command once more, which sets its owner`
  }
  return { prefix: dirname(releases), release: basename(releaseDir) }
}

/** Why a bundle of this size does not fit; null: it does. */
export async function roomProblem(dirs: readonly string[], bytes: number): Promise<string | null> {
  const wanted = bytes * (1 + UNPACKED_FACTOR) + DISK_RESERVE_BYTES
  for (const dir of dirs) {
    const { bavail, bsize } = await statfs(dir)
    const free = bavail * bsize
    if (free < wanted) {
      return `${dir} has ${mebibytes(free)} free, the upgrade needs ${mebibytes(wanted)}: make room`
    }
  }
  return null
}

function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / 1024 / 1024)} MiB`
}
