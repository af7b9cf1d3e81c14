/**
 * What of a bundle is machine code: Node itself and the native addon. For this machine's architecture
 * they are in node_modules; the other one's come from the npm registry, once, into `.cache`.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { arch as thisArch } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { BundleError } from './bundle-error.ts'
import type { ArchiveFile } from './tar-archive.ts'

export const ARCHITECTURES = ['x64', 'arm64'] as const
export type Architecture = (typeof ARCHITECTURES)[number]

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FETCH_TIMEOUT_MS = 180_000
const run = promisify(execFile)

export interface NativeParts {
  readonly nodeVersion: string
  readonly files: readonly ArchiveFile[]
}

/** Rejects with BundleError. */
export async function nativeParts(arch: Architecture): Promise<NativeParts> {
  const nodeVersion = await lockedVersion('node')
  const crc32 = `@node-rs/crc32-linux-${arch}-gnu`
  const isHere = arch === thisArch() && process.platform === 'linux'
  const nodeDir = isHere
    ? join(ROOT, 'node_modules/node')
    : await fetchPackage(`node-linux-${arch}`, nodeVersion)
  const crcDir = isHere
    ? join(ROOT, 'node_modules', crc32)
    : await fetchPackage(crc32, await lockedVersion('@node-rs/crc32'))
  const addon = `crc32.linux-${arch}-gnu.node`
  const file = async (path: string, from: string, isExecutable = false): Promise<ArchiveFile> => ({
    path,
    content: await readFile(from),
    isExecutable,
  })
  const files = await Promise.all([
    file('bin/node', join(nodeDir, 'bin/node'), true),
    file('licenses/node.txt', join(ROOT, 'install/bundle/node-license.txt')),
    file(`lib/node_modules/${crc32}/package.json`, join(crcDir, 'package.json')),
    file(`lib/node_modules/${crc32}/${addon}`, join(crcDir, addon)),
  ])
  return { nodeVersion, files }
}

async function lockedVersion(name: string): Promise<string> {
  const text = await readFile(join(ROOT, 'package.json'), 'utf8')
  const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> }
  const version = dependencies[name]
  if (version === undefined) throw new BundleError(`package.json names no version of ${name}`)
  return version
}

/** The directory of the unpacked package. */
async function fetchPackage(name: string, version: string): Promise<string> {
  const cache = join(ROOT, '.cache/bundle')
  const dir = join(cache, `${name.replace('/', '+')}-${version}`)
  if (existsSync(dir)) return dir
  await mkdir(cache, { recursive: true })
  const temporary = await mkdtemp(join(cache, 'fetch-'))
  try {
    // The registry's own client: it checks the package against the registry's integrity hash.
    const args = ['pack', `${name}@${version}`, '--silent', `--pack-destination=${temporary}`]
    const { stdout } = await run('npm', args, { timeout: FETCH_TIMEOUT_MS, cwd: temporary })
    await run('tar', ['-xzf', join(temporary, stdout.trim()), '-C', temporary])
    await rename(join(temporary, 'package'), dir)
    return dir
  } catch (cause) {
    throw new BundleError(
      `${name}@${version} is needed for this architecture and cannot be fetched from the npm registry: ` +
        'build the bundle once on a machine that reaches it (npm run bundle), and give the result to the control plane with --bundle-dir',
      { cause },
    )
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}
