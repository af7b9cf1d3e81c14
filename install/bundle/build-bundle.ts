/**
 * The bundle that is unpacked on a host:
 *   release.json   what it is
 *   bin/           Node, and the command
 *   lib/           the agent's code, the proto files, the native addon
 *   install/       what removes it all
 *   licenses/
 *
 * B1. The same sources make the same bytes: what was built is found again by the hash of its content.
 */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGzip } from 'node:zlib'

import { bundleCode } from './bundle-code.ts'
import { type Architecture, nativeParts } from './native-parts.ts'
import { type ArchiveFile, tarArchive } from './tar-archive.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What the installer puts outside of the release. */
const INSTALL_FILES = ['uninstall.sh', 'command.sh', 'init.sh', 'sluice-agent.service']

export interface BundleOptions {
  readonly arch: Architecture
  readonly outDir: string
  readonly version: string
}

/** Beside the archive as `<archive>.json`. */
export interface BundleInfo {
  readonly file: string
  readonly version: string
  readonly os: 'linux'
  readonly arch: Architecture
  /** Of the archive, hex. */
  readonly sha256: string
  readonly bytes: number
  readonly node: string
  readonly builtAt: string
}

/** Builds it, or finds it built already (B1). Rejects with BundleError. */
export async function buildBundle({ arch, outDir, version }: BundleOptions): Promise<BundleInfo> {
  const [code, native] = await Promise.all([bundleCode(version), nativeParts(arch)])
  const node = native.nodeVersion
  const builtAt = new Date(code.builtAtMs).toISOString()
  const release = { version, os: 'linux' as const, arch, node, builtAt }
  const files = [
    ...code.files,
    ...native.files,
    textFile('release.json', `${JSON.stringify(release, null, 2)}\n`),
    await scriptFile('bin/sluice-agent', 'install/bundle/sluice-agent.sh'),
    ...(await Promise.all(
      INSTALL_FILES.map((name) => scriptFile(`install/${name}`, `install/${name}`)),
    )),
  ]
  const content = contentHash(files, code.builtAtMs)
  const file = `sluice-agent-${version}-linux-${arch}-${content.slice(0, 12)}.tar.gz`
  const path = join(outDir, file)
  const known = await readInfo(path)
  if (known !== null) return known
  await mkdir(outDir, { recursive: true })
  const temporary = `${path}.${process.pid}.new`
  try {
    const archive = Readable.from(tarArchive(files, code.builtAtMs))
    await pipeline(archive, createGzip({ level: 6 }), createWriteStream(temporary))
    const info: BundleInfo = {
      ...release,
      file,
      sha256: await fileHash(temporary),
      bytes: (await stat(temporary)).size,
    }
    await writeFile(`${temporary}.json`, `${JSON.stringify(info, null, 2)}\n`)
    await rename(temporary, path)
    await rename(`${temporary}.json`, `${path}.json`) // last: who finds it, finds the archive
    return info
  } finally {
    await rm(temporary, { force: true })
    await rm(`${temporary}.json`, { force: true })
  }
}

async function readInfo(path: string): Promise<BundleInfo | null> {
  if (!existsSync(path) || !existsSync(`${path}.json`)) return null
  return JSON.parse(await readFile(`${path}.json`, 'utf8')) as BundleInfo
}

function contentHash(files: readonly ArchiveFile[], modifiedAtMs: number): string {
  const hash = createHash('sha256')
  for (const chunk of tarArchive(files, modifiedAtMs)) hash.update(chunk)
  return hash.digest('hex')
}

async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

function textFile(path: string, text: string): ArchiveFile {
  return { path, content: Buffer.from(text), isExecutable: false }
}

async function scriptFile(path: string, from: string): Promise<ArchiveFile> {
  return { path, content: await readFile(join(ROOT, from)), isExecutable: true }
}
