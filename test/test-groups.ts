/**
 * Which test files there are, what each needs (its suffix says so), and how many may run at once.
 * The runner takes its list from here, and `tidy.test.ts` checks that no test is outside of it.
 */
import { globSync } from 'node:fs'

export interface TestGroup {
  readonly name: string
  /** What stands between the subject and `.test.ts`; null: everything else. */
  readonly suffix: string | null
  /** Files at a time. Two cores: a file with a server of its own runs alone. */
  readonly concurrency: number
  /** Of one file; what hangs fails. */
  readonly fileTimeoutMs: number
  readonly needs: string
}

/** In the order in which they run: the fast ones, which say most about a mistake, first. */
export const TEST_GROUPS: readonly TestGroup[] = [
  { name: 'unit', suffix: null, concurrency: 2, fileTimeoutMs: 180_000, needs: 'nothing' },
  { name: 'pg', suffix: 'pg', concurrency: 1, fileTimeoutMs: 180_000, needs: 'PostgreSQL' },
  { name: 'kafka', suffix: 'kafka', concurrency: 1, fileTimeoutMs: 240_000, needs: 'Java' },
  { name: 'e2e', suffix: 'e2e', concurrency: 1, fileTimeoutMs: 420_000, needs: 'Java' },
  { name: 'chaos', suffix: 'chaos', concurrency: 1, fileTimeoutMs: 420_000, needs: 'Java' },
  // Root, too, and what dev/hosts/requirements.ts lists: it says so itself.
  { name: 'hosts', suffix: 'hosts', concurrency: 1, fileTimeoutMs: 420_000, needs: 'Java' },
]

/** Folders that hold no source of ours. */
const NOT_OURS = new Set(['node_modules', '.cache', '.git', '.sluice', 'dist'])

export function findTestFiles(root: string): readonly string[] {
  return globSync('**/*.test.ts', {
    cwd: root,
    exclude: (path) => NOT_OURS.has(path.split('/').at(-1) ?? ''),
  }).toSorted()
}

/** `reader.kafka.test.ts` is of the group `kafka`, `split.test.ts` of `unit`. */
export function groupOf(file: string): TestGroup {
  const suffix = file.split('/').at(-1)?.split('.').at(-3)
  const special = TEST_GROUPS.find((group) => group.suffix !== null && group.suffix === suffix)
  return special ?? unitGroup()
}

function unitGroup(): TestGroup {
  const unit = TEST_GROUPS.find((group) => group.suffix === null)
  if (unit === undefined) throw new Error('TEST_GROUPS has no group for plain *.test.ts files')
  return unit
}
