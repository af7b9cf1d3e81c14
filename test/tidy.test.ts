/** What lint cannot say about the repository. Each test lists every offender, not the first. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { API_ERROR_CODES } from '../control-plane/api/api-error.ts'
import { PLANE_ERROR_CODES } from '../control-plane/run/run-error-codes.ts'
import { WORK_ERROR_CODES } from '../proto/work-error-codes.ts'
import {
  CONTROL_PLANE_MUST_NOT_IMPORT,
  IO_MODULES,
  isTestCode,
  MAY_IMPORT,
  PURE_FOLDERS,
} from './import-rules.ts'
import { anchorsOf, linksOf } from './markdown.ts'
import { importsOf, lineCount, readSources, type SourceFile } from './source-tree.ts'
import { findTestFiles, groupOf, TEST_GROUPS } from './test-groups.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = readSources(root)
const code = sources.filter(
  (file) => /\.tsx?$/.test(file.path) && !file.path.startsWith('proto/gen/'),
)
const documents = sources.filter((file) => file.path.endsWith('.md'))

const LINES_MAX = 600
/** Path → why one file is right. */
const LONGER: ReadonlyMap<string, string> = new Map()

test(`no source file is longer than ${LINES_MAX} lines`, () => {
  const long = code.filter((file) => lineCount(file.text) > LINES_MAX && !LONGER.has(file.path))
  none(long.map((file) => `${file.path}: ${lineCount(file.text)} lines, split it by subject`))
})

test('no file name says nothing', () => {
  const empty = /(^|[-./])(utils?|helpers?|managers?|common|misc)([-./]|$)/
  none(sources.map((file) => file.path).filter((path) => empty.test(path)))
})

test('nothing is left for later in a comment', () => {
  const marks = /\b(TODO|FIXME|XXX)\b/
  none(linesMatching(code.filter(notThisFile), marks))
})

test('imports point the way that ARCHITECTURE.md says', () => {
  none(code.filter((file) => !isTestCode(file.path)).flatMap(wrongImports))
})

test('folders that only compute import nothing that does I/O', () => {
  const pure = code.filter(
    (file) => !isTestCode(file.path) && PURE_FOLDERS.some((folder) => file.path.startsWith(folder)),
  )
  assert.ok(pure.length > 0)
  none(
    pure.flatMap((file) =>
      importsOf(file)
        .filter((target) => IO_MODULES.test(target))
        .map((target) => `${file.path} imports ${target}`),
    ),
  )
})

test('SQL of the store stands in the store alone', () => {
  const statement =
    /['"`]\s*(select\s+[\w*(]|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|create\s+table\s)/i
  const outside = code.filter(
    (file) =>
      file.path.startsWith('control-plane/') &&
      !file.path.startsWith('control-plane/store/') &&
      !isTestCode(file.path),
  )
  none(linesMatching(outside, statement))
})

test('every error code that a user can see is explained in docs/errors.md', () => {
  const page = sources.find((file) => file.path === 'docs/errors.md')
  assert.ok(page, 'docs/errors.md is missing')
  const explained = new Set([...page.text.matchAll(/^### `([A-Z_]+)`/gm)].map((match) => match[1]))
  const known = new Set<string>([...WORK_ERROR_CODES, ...PLANE_ERROR_CODES, ...API_ERROR_CODES])
  for (const code of START_ERROR_FILES.flatMap(codesIn)) known.add(code)
  none([...known].filter((name) => !explained.has(name)).map((name) => `${name} is not explained`))
  none([...explained].filter((name) => !known.has(name ?? '')).map((name) => `${name} is no code`))
})

test('every link in the documents leads to a file, and to a heading of it', () => {
  assert.ok(documents.length > 0)
  none(documents.flatMap(brokenLinks))
})

test('every test file is one that the runner runs', () => {
  const looksLikeTest = code
    .map((file) => file.path)
    .filter((path) => /(\.(spec|tests)|[_-]test)\.tsx?$|\/__tests__\//.test(path))
  none(looksLikeTest.map((path) => `${path}: name it <subject>.test.ts`))
  const run = findTestFiles(root)
  none(code.filter((file) => /\.test\.tsx?$/.test(file.path) && !run.includes(file.path)).map(at))
  const suffixes = new Set(TEST_GROUPS.map((group) => group.suffix))
  const misspelt = run.filter((path) => {
    const suffix = path.split('/').at(-1)?.split('.').at(-3)
    return path.split('/').at(-1)?.split('.').length === 4 && !suffixes.has(suffix ?? null)
  })
  none(misspelt.map((path) => `${path}: would run as ${groupOf(path).name}`))
  none(code.filter((file) => run.includes(file.path) && !file.text.includes('node:test')).map(at))
})

test('no file names a place that only one machine has', () => {
  const home = /(^|[\s'"`=(:])\/(root|work|home\/\w|Users\/\w)(\/|$)/
  none(linesMatching(sources.filter(notThisFile).filter(namesNoHostFolders), home))
  const lock = sources.find((file) => file.path === 'package-lock.json')
  assert.ok(lock, 'package-lock.json is missing')
  const elsewhere = /"resolved": "(?!https:\/\/registry\.npmjs\.org\/)/
  none(linesMatching([lock], elsewhere))
})

test('the licence is there and package.json names it', () => {
  assert.ok(existsSync(join(root, 'LICENSE')))
  const manifest = sources.find((file) => file.path === 'package.json')
  assert.match(manifest?.text ?? '', /"license": "Apache-2\.0"/)
})

/** Errors that end a process at its start are types: their codes are read from the text. */
const START_ERROR_FILES = [
  'agent/link/agent-error.ts',
  'control-plane/secrets/secret-error.ts',
  'control-plane/tls/open-tls.ts',
]

function codesIn(path: string): readonly string[] {
  const text = sources.find((file) => file.path === path)?.text ?? ''
  const codes = [...text.matchAll(/(?:\| |code = )'([A-Z]+(?:_[A-Z]+)*)'/g)].map((m) => m[1] ?? '')
  assert.ok(codes.length > 0, `${path} has no error codes`)
  return codes
}

/** It names what it looks for. */
function notThisFile(file: SourceFile): boolean {
  return file.path !== 'test/tidy.test.ts'
}

/** A service unit is about the folders of whatever host it is installed on. */
function namesNoHostFolders(file: SourceFile): boolean {
  return !file.path.endsWith('.service')
}

function wrongImports(file: SourceFile): readonly string[] {
  const area = file.path.startsWith('dev/maxcompute/') ? 'dev/maxcompute' : folderOf(file.path)
  const allowed = MAY_IMPORT[area]
  if (allowed === undefined) return [`${file.path}: no rule for ${area} in test/import-rules.ts`]
  return importsOf(file)
    .filter((target) => target.includes('/') && existsSync(join(root, target)))
    .filter(
      (target) =>
        ![area, ...allowed].some((place) => target === place || target.startsWith(`${place}/`)) ||
        forbiddenInside(file.path, target),
    )
    .map((target) => `${file.path} imports ${target}`)
}

function forbiddenInside(path: string, target: string): boolean {
  const [area, folder = ''] = path.split('/')
  const [targetArea, targetFolder = ''] = target.split('/')
  if (area !== 'control-plane' || targetArea !== 'control-plane') return false
  return CONTROL_PLANE_MUST_NOT_IMPORT[folder]?.includes(targetFolder) ?? false
}

function brokenLinks(document: SourceFile): readonly string[] {
  return linksOf(document.text)
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? document.path : normalize(join(dirname(document.path), path))
      if (!existsSync(join(root, target))) return true
      if (anchor === undefined) return false
      const text = sources.find((file) => file.path === target)?.text
      return text === undefined || !anchorsOf(text).has(anchor)
    })
    .map((link) => `${document.path} links to ${link}`)
}

function folderOf(path: string): string {
  return path.split('/')[0] ?? ''
}

function at(file: SourceFile): string {
  return file.path
}

function linesMatching(files: readonly SourceFile[], pattern: RegExp): readonly string[] {
  return files.flatMap((file) =>
    file.text
      .split('\n')
      .map((line, index) => ({ line, place: `${file.path}:${index + 1}` }))
      .filter(({ line }) => pattern.test(line))
      .map(({ line, place }) => `${place}: ${line.trim().slice(0, 120)}`),
  )
}

function none(offenders: readonly string[]): void {
  assert.deepEqual(offenders, [])
}
