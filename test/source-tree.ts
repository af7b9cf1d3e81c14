/** The repository's own files, for the tests that look at the text of the sources. */
import { globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** Folders that hold nothing of ours: installed, cached or written by a run. */
const NOT_OURS = new Set(['node_modules', '.cache', '.git', '.sluice', 'dist', '.venv'])

const TEXT_FILE =
  /(\.(ts|tsx|js|mjs|json|md|sh|py|sql|proto|xml|yml|yaml|html|css|properties|service|txt)|\/run|\/sluice)$/

export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string
  readonly text: string
}

export function readSources(root: string): readonly SourceFile[] {
  return globSync(['*', '.ci/*', '*/**/*'], {
    cwd: root,
    exclude: (path) => NOT_OURS.has(path.split('/').at(-1) ?? ''),
  })
    .filter((path) => TEXT_FILE.test(path) && statSync(join(root, path)).isFile())
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

const IMPORT = /^\s*(?:import|export)\s+(?:[^'"();]*?\sfrom\s+)?['"]([^'"]+)['"]/gm
const DYNAMIC_IMPORT = /\bimport\(\s*['"]([^'"]+)['"]/g

/** What a file imports, from the root; `node:fs` and package names as they are. */
export function importsOf(file: SourceFile): readonly string[] {
  const found = [...file.text.matchAll(IMPORT), ...file.text.matchAll(DYNAMIC_IMPORT)]
  return found.map((match) => resolve(file.path, match[1] ?? ''))
}

function resolve(from: string, target: string): string {
  return target.startsWith('.') ? normalize(join(dirname(from), target)) : target
}

export function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}
