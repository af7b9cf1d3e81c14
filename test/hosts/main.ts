/**
 * Stories told on a bed of hosts (dev/hosts), each with the whole system; closes with `N passed, M failed`.
 *
 *   npm run test:hosts                          all stories
 *   npm run test:hosts -- five-steps copies     these
 *   npm run test:hosts -- --long                with waits as long as the real ones
 *   npm run test:hosts -- --list
 *
 * Needs root and a few tools, and says which: status 2. Status 1 when a story failed; its logs are kept.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { runEnclosed } from '../../dev/hosts/enclosure.ts'
import { missingRequirement } from '../../dev/hosts/requirements.ts'
import { installKafka } from '../../dev/kafka/install.ts'
import { buildBundle } from '../../install/bundle/build-bundle.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { STORIES } from './stories.ts'
import { tellStories } from './tell-stories.ts'

/** Set inside the enclosure: where logs go. */
const BUNDLES = 'bundles'
const LOG_DIR = process.env['BED_LOG_DIR']
const architecture = process.arch === 'arm64' ? 'arm64' : 'x64'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter((name) => !STORIES.some((story) => story.name === name))
const wanted = STORIES.filter(({ name }) => positionals.length === 0 || positionals.includes(name))

if (values.list) {
  for (const { name, title } of STORIES) process.stdout.write(`${name.padEnd(20)} ${title}\n`)
} else if (unknown.length > 0) {
  const known = STORIES.map(({ name }) => name).join(', ')
  process.stderr.write(`There is no story ${unknown.join(', ')}: there are ${known}.\n`)
  process.exitCode = 2
} else if (LOG_DIR === undefined) {
  process.exitCode = await enclose()
} else {
  const failed = await tellStories(wanted, {
    logDir: LOG_DIR,
    bundleDir: join(LOG_DIR, BUNDLES),
    isLong: values.long,
  })
  process.exit(failed === 0 ? 0 : 1) // what still runs ends with the enclosure
}

async function enclose(): Promise<number> {
  const missing = missingRequirement({ systemd: wanted.some((story) => story.needsSystemd) })
  if (missing !== null) {
    process.stderr.write(`${missing}\n`)
    return 2
  }
  await installKafka() // inside there is no way to the internet
  const logDir = mkdtempSync(join(tmpdir(), 'sluice-hosts-'))
  // As a release of the control plane brings it along.
  const outDir = join(logDir, BUNDLES)
  await buildBundle({ arch: architecture, outDir, version: packageJson.version })
  const script = fileURLToPath(import.meta.url)
  const status = await runEnclosed(script, process.argv.slice(2), { BED_LOG_DIR: logDir })
  rmSync(status === 0 ? logDir : outDir, { recursive: true, force: true })
  if (status !== 0) process.stdout.write(`logs: ${logDir}\n`)
  return status
}
