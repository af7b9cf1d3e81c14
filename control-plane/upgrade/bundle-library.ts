/**
 * The agent's bundles that this control plane can hand out: archives in one directory, each with its
 * description beside it (`<archive>.json`), as `npm run bundle` makes them.
 *
 * B1. An archive that does not have the size of its description is not offered: it is half copied.
 * B2. What an agent is given is the description signed; the agent itself checks hash and signature.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import type { ReleaseKey } from '../tls/release-key.ts'
import { compareVersions, isVersion } from './version-order.ts'

const SHA256_HEX = /^[0-9a-f]{64}$/
const INFO_SUFFIX = '.tar.gz.json'
const ARCHITECTURES: ReadonlySet<string> = new Set(['x64', 'arm64'])
/** Files looked at in the directory. */
const FILES_MAX = 1_000

export interface Bundle {
  readonly version: string
  readonly os: 'linux'
  readonly arch: string
  /** Of the archive, hex. */
  readonly sha256: string
  readonly bytes: number
  readonly builtAt: string
  readonly path: string
}

export interface SignedManifest {
  /** JSON, exactly as signed. */
  readonly manifest: string
  readonly signature: Uint8Array
}

export interface BundleLibraryOptions {
  readonly dir: string
  readonly key: ReleaseKey
  /** Makes the bundle of this control plane's own version; null: what lies there is all there is. */
  readonly build: ((arch: 'x64' | 'arm64') => Promise<unknown>) | null
}

export class BundleLibrary {
  readonly #dir: string
  readonly #key: ReleaseKey
  readonly #build: BundleLibraryOptions['build']

  constructor({ dir, key, build }: BundleLibraryOptions) {
    this.#dir = dir
    this.#key = key
    this.#build = build
  }

  get dir(): string {
    return this.#dir
  }

  /** Makes what can be made here for these architectures. Rejects with what hinders it. */
  async prepare(architectures: readonly string[]): Promise<void> {
    for (const arch of architectures) {
      if (arch === 'x64' || arch === 'arm64') await this.#build?.(arch)
    }
  }

  /** The newest version first; of the same version and architecture the one built last. */
  async list(): Promise<readonly Bundle[]> {
    const names = (await readdir(this.#dir).catch(noDirectory))
      .filter((name) => name.endsWith(INFO_SUFFIX))
      .slice(0, FILES_MAX)
    const found = await Promise.all(names.map((name) => readBundle(join(this.#dir, name))))
    const newest = new Map<string, Bundle>()
    for (const bundle of found) {
      if (bundle === null) continue
      const key = `${bundle.version} ${bundle.arch}`
      const other = newest.get(key)
      if (other === undefined || other.builtAt < bundle.builtAt) newest.set(key, bundle)
    }
    return [...newest.values()].sort(
      (a, b) => compareVersions(b.version, a.version) || (a.arch < b.arch ? -1 : 1),
    )
  }

  async find(version: string, arch: string): Promise<Bundle | null> {
    const bundles = await this.list()
    return bundles.find((bundle) => bundle.version === version && bundle.arch === arch) ?? null
  }

  async findByHash(sha256: string): Promise<Bundle | null> {
    return (await this.list()).find((bundle) => bundle.sha256 === sha256) ?? null
  }

  /** B2 */
  sign({ version, os, arch, sha256, bytes, builtAt }: Bundle): SignedManifest {
    const manifest = JSON.stringify({ version, os, arch, sha256, bytes, builtAt })
    return { manifest, signature: this.#key.sign(manifest) }
  }
}

/** null: it is not one, or not all of it is there yet. */
async function readBundle(infoPath: string): Promise<Bundle | null> {
  const path = infoPath.slice(0, -'.json'.length)
  try {
    const [text, { size }] = await Promise.all([readFile(infoPath, 'utf8'), stat(path)])
    const info = JSON.parse(text) as Record<string, unknown>
    const { version, os, arch, sha256, bytes, builtAt } = info
    const isBundle =
      typeof version === 'string' &&
      isVersion(version) &&
      os === 'linux' &&
      typeof arch === 'string' &&
      ARCHITECTURES.has(arch) &&
      typeof sha256 === 'string' &&
      SHA256_HEX.test(sha256) &&
      typeof builtAt === 'string' &&
      bytes === size // B1
    return isBundle ? { version, os, arch, sha256, bytes: size, builtAt, path } : null
  } catch {
    return null
  }
}

function noDirectory(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return []
  throw error
}
