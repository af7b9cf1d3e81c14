/** The agent's own code as a few .mjs files, and the proto files that it reads. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { build, type Plugin } from 'esbuild'

import type { ArchiveFile } from './tar-archive.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** One process or thread each. */
const ENTRY_POINTS = {
  agent: 'agent/main.ts',
  'slice-worker': 'agent/work/slice-worker.ts',
  launcher: 'agent/launcher/main.ts',
  doctor: 'agent/doctor/main.ts',
}

/** CommonJS packages inside ES modules want these. */
const BANNER =
  "import { createRequire as bundleRequire } from 'node:module';" +
  "import { dirname as bundleDirname } from 'node:path';" +
  "import { fileURLToPath as bundlePath } from 'node:url';" +
  'const require = bundleRequire(import.meta.url);' +
  'const __filename = bundlePath(import.meta.url);' +
  'const __dirname = bundleDirname(__filename);'

export interface BundledCode {
  readonly files: readonly ArchiveFile[]
  /** Of the newest source: what is built from the same sources says the same. */
  readonly builtAtMs: number
}

export async function bundleCode(version: string): Promise<BundledCode> {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: ENTRY_POINTS,
    outdir: 'lib',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    external: ['@node-rs/crc32-*', '*.node'],
    banner: { js: BANNER },
    legalComments: 'eof',
    logLevel: 'silent',
    plugins: [withVersion(version)],
  })
  const sources = Object.keys(result.metafile.inputs)
  const code = result.outputFiles.map(({ path, contents }) => ({
    path: path.slice(ROOT.length),
    content: contents,
    isExecutable: false,
  }))
  const files = [...code, ...(await protoFiles()), await licences(sources)]
  return { files, builtAtMs: await newest(sources) }
}

/** Of package.json nothing but the version goes along. */
function withVersion(version: string): Plugin {
  return {
    name: 'version',
    setup: (build) => {
      build.onLoad({ filter: /[/\\]package\.json$/ }, ({ path }) =>
        path === join(ROOT, 'package.json')
          ? { contents: JSON.stringify({ version }), loader: 'json' }
          : null,
      )
    },
  }
}

/** Beside the code that loads them by its own URL. */
async function protoFiles(): Promise<ArchiveFile[]> {
  const dir = 'proto/agent/v1'
  const names = (await readdir(join(ROOT, dir))).filter((name) => name.endsWith('.proto'))
  return Promise.all(
    names.map(async (name) => ({
      path: `lib/agent/v1/${name}`,
      content: await readFile(join(ROOT, dir, name)),
      isExecutable: false,
    })),
  )
}

/** The licences of all packages whose code is in the bundle. */
async function licences(sources: readonly string[]): Promise<ArchiveFile> {
  const packages = new Set<string>()
  for (const source of sources) {
    const match = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)
    if (match !== null) packages.add(source.slice(0, match[0].length))
  }
  const texts: string[] = []
  for (const dir of [...packages].sort()) {
    const names = await readdir(join(ROOT, dir))
    const name = names.find((candidate) => /^licen[cs]e/i.test(candidate))
    const text = name === undefined ? await licenceField(dir) : await readText(join(dir, name))
    texts.push(
      `==== ${dir.replace(/^.*node_modules\//, '').replace(/\/$/, '')}\n\n${text.trim()}\n`,
    )
  }
  return {
    path: 'licenses/packages.txt',
    content: Buffer.from(texts.join('\n')),
    isExecutable: false,
  }
}

async function licenceField(dir: string): Promise<string> {
  const { license } = JSON.parse(await readText(join(dir, 'package.json'))) as { license?: string }
  return `License: ${license ?? 'not stated'}`
}

function readText(path: string): Promise<string> {
  return readFile(join(ROOT, path), 'utf8')
}

async function newest(sources: readonly string[]): Promise<number> {
  const times = await Promise.all(
    sources
      .filter((source) => !source.includes('node_modules/') && !source.includes(':'))
      .map(async (source) => (await stat(join(ROOT, source))).mtimeMs),
  )
  return Math.floor(Math.max(...times) / 1000) * 1000
}
