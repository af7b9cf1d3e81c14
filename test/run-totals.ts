/** Sums of the closing lines that node:test writes for each group of files. */
export interface Count {
  readonly name: CountName
  readonly value: number
}

const COUNT_NAMES = [
  'tests',
  'suites',
  'pass',
  'fail',
  'cancelled',
  'skipped',
  'todo',
  'duration_ms',
] as const
type CountName = (typeof COUNT_NAMES)[number]

/** The count in a diagnostic line of a whole group, such as "pass 12"; null for any other diagnostic. */
export function countOf(line: {
  readonly nesting: number
  readonly message: string
}): Count | null {
  if (line.nesting !== 0) return null
  const [word, number, ...rest] = line.message.split(' ')
  const name = COUNT_NAMES.find((known) => known === word)
  const value = Number(number)
  if (name === undefined || rest.length > 0 || !Number.isFinite(value)) return null
  return { name, value }
}

export class RunTotals {
  readonly #sums = new Map<CountName, number>()
  readonly filesWithoutTests: string[] = []

  add(count: Count): void {
    this.#sums.set(count.name, this.of(count.name) + count.value)
  }

  of(name: CountName): number {
    return this.#sums.get(name) ?? 0
  }

  /** node:test counts a file that ended before its first test as passed. */
  fileWithoutTests(path: string): void {
    this.filesWithoutTests.push(path)
  }

  /** A group that never reached its closing lines must not count as passed. */
  failed(): boolean {
    const { filesWithoutTests } = this
    if (filesWithoutTests.length > 0 || this.of('tests') === 0) return true
    return this.of('fail') > 0 || this.of('cancelled') > 0
  }

  /** As events of node:test, for its own reporter. */
  *closingLines() {
    for (const name of COUNT_NAMES) {
      const message = `${name} ${this.of(name)}`
      yield { type: 'test:diagnostic', data: { nesting: 0, message, level: 'info' } }
    }
  }
}
