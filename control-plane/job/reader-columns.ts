import type { Attribute, ColumnSource, DataFormat } from './job.ts'
/** The reader's `column` list: what each column of a row is taken from. */
import type { JsonNode } from './json-node.ts'
import type { ProblemList } from './problem-list.ts'
import { suggest } from './suggest.ts'

const ATTRIBUTES: Readonly<Record<string, Attribute>> = {
  __key__: 'key',
  __value__: 'value',
  __partition__: 'partition',
  __headers__: 'headers',
  __offset__: 'offset',
  __timestamp__: 'timestamp',
}
/** MaxCompute allows 1,200 columns a table. */
export const COLUMNS_MAX = 1_200
const CONSTANT = /^'([\s\S]*)'$/

/** One column: `'constant'`, `__attribute__`, or a place in the value. null: reported as wrong. */
export function readColumnSource(
  node: JsonNode,
  format: DataFormat,
  problems: ProblemList,
): ColumnSource | null {
  if (node.kind !== 'string') {
    const message = `A column is a text: 'constant', __attribute__ or a JSON path.`
    problems.error('wrong-type', node, message, 'a text')
    return null
  }
  const text = node.value.trim()
  const constant = CONSTANT.exec(text)?.[1]
  if (constant !== undefined) return { kind: 'constant', text: constant }
  if (/^__.*__$/.test(text)) return readAttribute(node, text, problems)
  if (format.kind === 'text') return readField(node, text, problems)
  return readPath(node, text, problems)
}

function readAttribute(node: JsonNode, text: string, problems: ProblemList): ColumnSource | null {
  const attribute = ATTRIBUTES[text.toLowerCase()]
  if (attribute !== undefined) return { kind: 'attribute', attribute }
  const known = Object.keys(ATTRIBUTES)
  const meant = suggest(text, known)
  const hint = meant === null ? `There are ${known.join(', ')}.` : `Did you mean "${meant}"?`
  const message = `A record has no attribute "${text}". ${hint}`
  problems.error('not-allowed', node, message, known.join(', '))
  return null
}

function readField(node: JsonNode, text: string, problems: ProblemList): ColumnSource | null {
  if (/^\d{1,4}$/.test(text)) return { kind: 'field', index: Number(text) }
  const message = `With dataFormat text a column of the value is the number of its field, from 0, but this is "${text}".`
  problems.error('bad-format', node, message, 'a field number, "0"')
  return null
}

function readPath(node: JsonNode, text: string, problems: ProblemList): ColumnSource | null {
  if (/[[\]]/.test(text)) {
    const message = `"${text}" uses array indexes, which are not supported; a path is keys with dots between (a.b.c).`
    problems.error('unsupported', node, message, 'a.b.c')
    return null
  }
  const path = text.split('.')
  if (path.every((key) => key !== '')) return { kind: 'path', path }
  const message = `"${text}" is no path: keys with single dots between (a.b.c), none of them empty.`
  problems.error('bad-format', node, message, 'a.b.c')
  return null
}
