/**
 * The bundles that hosts install: built when first wanted and kept below the data directory, or
 * taken as they are from a directory that somebody filled (`--bundle-dir`).
 *
 * The builder is a process of its own: it is needed once a release, and brings a compiler along.
 */
import { execFile } from 'node:child_process'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { BundleInfo } from '../../install/bundle/build-bundle.ts'

export type { BundleInfo }
export type Architecture = BundleInfo['arch']

const BUILDER = fileURLToPath(new URL('../../install/bundle/main.ts', import.meta.url))
const BUILD_TIMEOUT_MS = 300_000
/** Of one architecture, in the data directory: 45 MB each. */
const BUNDLES_KEPT = 3

const run = promisify(execFile)

/** There is no bundle of this architecture; the message says why, and what to do. */
export class NoBundleError extends Error {
  override readonly name = 'NoBundleError'
}

export interface BundlesOptions {
  /** Where built ones are kept. */
  readonly buildDir: string
  /** null: they are built. */
  readonly givenDir: string | null
}

export class Bundles {
  readonly #options: BundlesOptions
  /** Being built, or built: one attempt at a time; a failed one is forgotten. */
  readonly #known = new Map<Architecture, Promise<BundleInfo>>()

  constructor(options: BundlesOptions) {
    this.#options = options
  }

  /** Rejects with NoBundleError. */
  get(arch: Architecture): Promise<BundleInfo> {
    const known = this.#known.get(arch)
    if (known !== undefined) return known
    const { givenDir } = this.#options
    const made = givenDir === null ? this.#build(arch) : findGiven(givenDir, arch)
    this.#known.set(arch, made)
    made.catch(() => this.#known.delete(arch))
    return made
  }

  /** Where the archive lies. */
  path({ file }: BundleInfo): string {
    return join(this.#options.givenDir ?? this.#options.buildDir, file)
  }

  /** By its file name, of those that `get` has answered; null: there is none. */
  async find(file: string): Promise<BundleInfo | null> {
    for (const known of this.#known.values()) {
      const info = await known.catch(() => null)
      if (info?.file === file) return info
    }
    return null
  }

  async #build(arch: Architecture): Promise<BundleInfo> {
    const { buildDir } = this.#options
    const args = ['--disable-warning=ExperimentalWarning', BUILDER, '--json']
    let info: BundleInfo
    try {
      const { stdout } = await run(
        process.execPath,
        [...args, `--arch=${arch}`, `--out=${buildDir}`],
        { timeout: BUILD_TIMEOUT_MS },
      )
      info = JSON.parse(stdout) as BundleInfo
    } catch (cause) {
      const { stderr = '' } = cause as { stderr?: string }
      const why = stderr.trim() === '' ? String(cause) : stderr.trim()
      throw new NoBundleError(`the agent's bundle for ${arch} cannot be built: ${why}`, { cause })
    }
    await forgetOld(buildDir, info)
    return info
  }
}

async function findGiven(dir: string, arch: Architecture): Promise<BundleInfo> {
  const found = (await readInfos(dir)).filter((info) => info.arch === arch)
  const newest = found.sort((a, b) => (a.builtAt < b.builtAt ? 1 : -1))[0]
  if (newest !== undefined) return newest
  throw new NoBundleError(
    `there is no bundle for ${arch} in --bundle-dir ${dir}: build one with npm run bundle -- --arch ${arch} --out ${dir}`,
  )
}

/** A description is written after its archive: who finds the one, finds the other. */
async function readInfos(dir: string): Promise<BundleInfo[]> {
  const names = await readdir(dir).catch((): string[] => [])
  const texts = names
    .filter((name) => name.endsWith('.tar.gz.json'))
    .map((name) => readFile(join(dir, name), 'utf8'))
  return (await Promise.all(texts)).map((text) => JSON.parse(text) as BundleInfo)
}

async function forgetOld(dir: string, { arch, file }: BundleInfo): Promise<void> {
  const others = (await readInfos(dir)).filter((info) => info.arch === arch && info.file !== file)
  const aged = await Promise.all(
    others.map(async (info) => ({ info, atMs: (await stat(join(dir, info.file))).mtimeMs })),
  )
  const old = aged.sort((a, b) => b.atMs - a.atMs).slice(BUNDLES_KEPT - 1)
  for (const { info } of old) {
    await rm(join(dir, `${info.file}.json`), { force: true })
    await rm(join(dir, info.file), { force: true })
  }
}
