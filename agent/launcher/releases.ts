/** `<prefix>/releases/<name>`, and `<prefix>/current`, the link to the one that runs. */
import { readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** Rejects when there is no such release. A reader of `current` finds the old one or the new one, never none. */
export async function switchRelease(prefix: string, release: string): Promise<void> {
  await stat(join(prefix, 'releases', release, 'release.json'))
  const temporary = join(prefix, `current.${process.pid}.new`)
  await rm(temporary, { force: true })
  await symlink(join('releases', release), temporary)
  await rename(temporary, join(prefix, 'current'))
}

/** null: no link. */
export async function currentRelease(prefix: string): Promise<string | null> {
  return readlink(join(prefix, 'current')).then(basename, () => null)
}

/** Removes all releases but these and the one that runs. */
export async function pruneReleases(prefix: string, keep: readonly string[]): Promise<void> {
  const dir = join(prefix, 'releases')
  const current = await currentRelease(prefix)
  for (const name of await readdir(dir)) {
    if (name === current || keep.includes(name)) continue
    await rm(join(dir, name), { recursive: true, force: true })
  }
}
