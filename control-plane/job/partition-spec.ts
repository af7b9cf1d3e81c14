import type { PartitionValue } from './job.ts'
import type { JsonString } from './json-node.ts'
import type { ProblemList } from './problem-list.ts'

const KEY = /^[A-Za-z_]\w*$/

/**
 * `pt=20150101,type=1` or with `/` between, outermost level first. Blanks around the parts and
 * quotes are dropped, as DataWorks does. null: reported as wrong.
 */
export function readPartitionSpec(
  text: JsonString,
  problems: ProblemList,
): readonly PartitionValue[] | null {
  const values: PartitionValue[] = []
  for (const part of text.value.split(/[,/]/)) {
    const [key = '', value = '', ...rest] = part.split('=').map(unquoted)
    if (!KEY.test(key) || value === '' || rest.length > 0) {
      const expected = 'ds=20250101,hh=07'
      const message = `"${text.value}" is no partition: each level is written key=value (${expected}), but here is "${part}".`
      problems.error('bad-format', text, message, expected)
      return null
    }
    if (values.some((earlier) => earlier.key.toLowerCase() === key.toLowerCase())) {
      problems.error('conflict', text, `"${text.value}" names the level "${key}" twice.`)
      return null
    }
    values.push({ key, value })
  }
  return values
}

function unquoted(text: string): string {
  return text.replaceAll(/['"]/g, '').trim()
}
