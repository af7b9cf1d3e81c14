/** What can be said about the sources without running them. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

interface Check {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** What to do about a failure. */
  readonly advice: string
}

const CHECKS: readonly Check[] = [
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'], advice: 'correct the types' },
  {
    name: 'lint',
    command: ['oxlint', '--type-aware'],
    advice: 'correct the code; a rule is disabled on one line only, with its reason',
  },
  {
    name: 'unused',
    command: ['knip', '--no-progress'],
    advice: 'remove what nothing uses, or name an entry point in knip.json',
  },
  { name: 'format', command: ['oxfmt', '--check'], advice: 'npm run format' },
]

const MILLISECONDS_PER_SECOND = 1000

/** Runs every check, prints one line each and the output of those that failed; returns their names. */
export function runChecks(root: string): readonly string[] {
  const generated = mkdtempSync(join(tmpdir(), 'sluice-gen-'))
  try {
    const failed = CHECKS.filter((check) => !passes(root, check))
    const stale = generatedIsCurrent(generated).filter((check) => !passes(root, check))
    return [...failed, ...stale].map((check) => check.name)
  } finally {
    rmSync(generated, { recursive: true, force: true })
  }
}

function generatedIsCurrent(folder: string): Check[] {
  const types = join(folder, 'gen')
  const wasm = join(folder, 'codec-wasm.ts')
  const codec = 'agent/kafka/codec'
  return [
    {
      name: 'generated types',
      command: ['sh', '-c', `sh proto/generate.sh ${types} && diff -r proto/gen ${types}`],
      advice: 'npm run gen, and commit proto/gen with the .proto files',
    },
    {
      name: 'generated wasm',
      command: [
        'sh',
        '-c',
        `sh ${codec}/assembly/generate.sh ${wasm} && diff ${codec}/codec-wasm.ts ${wasm}`,
      ],
      advice: 'npm run gen, and commit codec-wasm.ts with its source',
    },
  ]
}

function passes(root: string, check: Check): boolean {
  const [command, ...args] = check.command
  const bin = ['node_modules/node/bin', 'node_modules/.bin'].map((folder) => join(root, folder))
  const startedAtMs = performance.now()
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    env: { ...process.env, PATH: [...bin, process.env['PATH']].join(delimiter) },
  })
  const seconds = ((performance.now() - startedAtMs) / MILLISECONDS_PER_SECOND).toFixed(1)
  const passed = status === 0
  process.stdout.write(`${passed ? '✔' : '✖'} check ${check.name} (${seconds} s)\n`)
  if (!passed)
    process.stdout.write(`${error?.message ?? `${stdout}${stderr}`}\n→ ${check.advice}\n`)
  return passed
}
