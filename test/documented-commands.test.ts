/** What the documents and messages tell a user to type exists: commands, arguments and flags. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import type { Command } from 'commander'

import { agentProgram } from '../agent/main.ts'
import { createProgram } from '../cli/program.ts'
import { USAGE as CONTROL_PLANE_USAGE } from '../control-plane/config.ts'
import { USAGE as DEMO_USAGE } from '../dev/demo/options.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DOCUMENTS = globSync(['README.md', 'ARCHITECTURE.md', 'docs/*.md', 'install/*.md'], {
  cwd: ROOT,
})
const SOURCES = globSync(['{agent,cli,control-plane,dev,maxcompute}/**/*.ts'], {
  cwd: ROOT,
  exclude: (path) => path.includes('.test.') || path.includes('testdata'),
})
/** Flags of commands that are not Sluice's. */
const FOREIGN_FLAGS =
  '--records --keep --seed --runs --pinnedpubkey --preserve-env --arch --out --initial-old-space-size --max-semi-space-size --external-memory-accounted-in-global-limit'.split(
    ' ',
  )

interface Found {
  readonly where: string
  readonly text: string
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** Does nothing where the real one acts; everything before that is the real one. */
function parserOf(program: Command): Command {
  const visit = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} })
    if (command.commands.length === 0) command.action(() => {})
    command.commands.forEach(visit)
  }
  visit(program)
  return program
}

/** Lines of code blocks (continued ones joined, without comment and redirection) and `code spans`. */
function typedCommands(path: string): Found[] {
  const text = read(path).replaceAll(/ *\\\n */g, ' ')
  return text.split('\n').flatMap((line, i) => {
    const where = `${path}:${i + 1}`
    const block = /^(?: {4}|\t)(.*)$/.exec(line)?.[1]
    const candidates =
      block === undefined
        ? [...line.matchAll(/`([^`]+)`/g)].map(([, span]) => span ?? '')
        : [block.replace(/\s+#\s.*$/, '').replace(/\s+>\s*\S+$/, '')]
    return candidates
      .filter((candidate) => /^sluice [a-zA-Z]/.test(candidate))
      .map((candidate) => ({ where, text: candidate }))
  })
}

/** As a shell splits them, as far as documents need it. */
function shellWords(line: string): string[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|\S)+/g)].map(([word]) =>
    word.replaceAll(/["']/g, ''),
  )
}

/** The command line's own words: what stands for something is given a value that fits. */
function parse(line: string): void {
  const words = shellWords(line)
    .slice(1)
    .map((word) => (word === 'N' ? '1' : word))
  if (words[0] === 'COMMAND') return
  const isAgent = words[0] === 'agent' && (words[1] === 'run' || words[1] === 'enrol')
  const program = parserOf(isAgent ? agentProgram() : createProgram(() => async () => {}))
  const args = isAgent ? words.slice(1) : words
  // A command with its arguments left away stands for itself in running text.
  if (args.length <= 2 && !args.some((word) => word.startsWith('-'))) args.push('--help')
  try {
    program.parse(args, { from: 'user' })
  } catch (error) {
    const { code } = error as { code?: string }
    if (code !== 'commander.helpDisplayed') throw error
    requireCommand(program, args)
  }
}

/** `--help` is satisfied with the nearest command that exists. */
function requireCommand(program: Command, words: readonly string[]): void {
  let command = program
  for (const word of words) {
    if (command.commands.length === 0 || word.startsWith('-')) return
    const next = command.commands.find((one) => one.name() === word)
    assert.ok(next, `there is no command ${word} below ${command.name()}`)
    command = next
  }
}

function flagsOf(command: Command): string[] {
  const own = command.options.flatMap(({ long, short }) =>
    [long, short].filter((flag) => flag != null),
  )
  return [...own, ...command.commands.flatMap(flagsOf)]
}

describe('the documents', () => {
  const commands = DOCUMENTS.flatMap(typedCommands)

  test('every sluice command line in them is one that sluice takes', () => {
    assert.ok(commands.length > 40, `only ${commands.length} were found`)
    for (const { where, text } of commands) {
      assert.doesNotThrow(() => parse(text), `${where}: ${text}`)
    }
  })

  test('what does not exist is noticed', () => {
    for (const wrong of [
      'sluice datasource try x',
      'sluice run log',
      'sluice run list --sort age',
      'sluice agent run --server h:1',
      'sluice run resolve N perhaps',
    ]) {
      assert.throws(() => parse(wrong), wrong)
    }
  })

  test('every flag that they name exists', () => {
    const known = new Set([
      ...flagsOf(createProgram(() => async () => {})),
      ...flagsOf(agentProgram()),
      ...[...`${CONTROL_PLANE_USAGE}${DEMO_USAGE}`.matchAll(/--[a-z-]+/g)].map(([flag]) => flag),
      ...FOREIGN_FLAGS,
      ...[...read('install/install.sh').matchAll(/--[a-z-]+/g)].map(([flag]) => flag),
      '--help',
    ])
    for (const path of DOCUMENTS) {
      for (const [, flag] of read(path).matchAll(/(?<![\w-])(--[a-z][a-z-]+)/g)) {
        assert.ok(known.has(flag!), `${path} names ${flag}`)
      }
    }
  })
})

test('every command that a message names exists', () => {
  const program = createProgram(() => async () => {})
  let count = 0
  for (const path of SOURCES) {
    for (const [, words] of read(path).matchAll(/(?:[`"'(]|: )sluice ((?:[a-z]+ ?)+)/g)) {
      const [first, second] = words!.trim().split(' ')
      if (!program.commands.some((command) => command.name() === first)) continue
      count++
      assert.doesNotThrow(
        () => requireCommand(program, [first!, ...(second ? [second] : [])]),
        path,
      )
    }
  }
  assert.ok(count > 10, `only ${count} were found`)
})
