/**
 * `npm test`: the checks, then every test file, group by group, under one reporter, so that one block of
 * closing lines ("tests N / pass N / fail N") counts everything. Ends with status 1 when anything failed.
 *
 *   npm test                     everything
 *   npm test -- unit pg          these groups (check, unit, pg, kafka, e2e, chaos, hosts)
 *   npm test -- agent/kafka      files below a path, of any group
 */
import { availableParallelism } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'

import { runChecks } from '../dev/check/run-checks.ts'
import { installKafka } from '../dev/kafka/install.ts'
import { countOf, RunTotals } from './run-totals.ts'
import { findTestFiles, groupOf, TEST_GROUPS, type TestGroup } from './test-groups.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const wanted = process.argv.slice(2)
const groupNames = new Set(['check', ...TEST_GROUPS.map((group) => group.name)])
const paths = wanted
  .filter((word) => !groupNames.has(word))
  .map((path) => path.replace(/^\.\//, ''))
const groups = wanted.filter((word) => groupNames.has(word))

function isWanted(file: string): boolean {
  if (paths.length > 0 && !paths.some((path) => file.startsWith(path))) return false
  return groups.length === 0 || groups.includes(groupOf(file).name)
}

const files = findTestFiles(root).filter(isWanted)
const totals = new RunTotals()

/** The events of every group, one after the other, without each group's own closing lines. */
async function* events() {
  for (const group of TEST_GROUPS) {
    const ofGroup = files.filter((file) => groupOf(file).name === group.name)
    if (ofGroup.length === 0) continue
    process.stdout.write(`\n${group.name}: ${ofGroup.length} files\n`)
    for await (const event of startGroup(group, ofGroup)) {
      if (event.type === 'test:summary') continue
      if (event.type === 'test:pass' && isAbsolute(event.data.name)) {
        totals.fileWithoutTests(event.data.name)
      }
      const count = event.type === 'test:diagnostic' ? countOf(event.data) : null
      if (count === null) yield event
      else totals.add(count)
    }
  }
  yield* totals.closingLines()
}

function startGroup(group: TestGroup, ofGroup: readonly string[]) {
  return run({
    cwd: root,
    files: ofGroup.map((file) => join(root, file)),
    concurrency: Math.min(group.concurrency, availableParallelism()),
    timeout: group.fileTimeoutMs,
  })
}

const checksWanted = paths.length === 0 && (groups.length === 0 || groups.includes('check'))
const failedChecks = checksWanted ? runChecks(root) : []
if (files.some((file) => groupOf(file).needs === 'Java')) {
  // Maven may take minutes on a new machine: not on a test's time.
  if ((process.env['KAFKA_BOOTSTRAP'] ?? '') === '') await installKafka()
}
if (files.length > 0) {
  await pipeline(Readable.from(events()), new spec(), process.stdout, { end: false })
} else if (paths.length > 0) {
  process.stderr.write(`no test file below ${paths.join(', ')}\n`)
  process.exitCode = 1
}
if (failedChecks.length > 0) process.stdout.write(`failed checks: ${failedChecks.join(', ')}\n`)
for (const path of totals.filesWithoutTests) process.stdout.write(`no test ran in ${path}\n`)
if (failedChecks.length > 0 || totals.failed()) process.exitCode = 1
