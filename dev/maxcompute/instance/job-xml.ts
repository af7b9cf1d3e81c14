import { XMLParser } from 'fast-xml-parser'

import { ServiceError } from '../service-error.ts'

export interface SubmittedTask {
  /** The task element's name: SQL, SQLPlan, … */
  readonly type: string
  readonly name: string
  readonly query: string
}

const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
})

type Node = Readonly<Record<string, unknown>>

/** Reads the body of POST instances; throws InvalidArgument. */
export function parseJob(xml: string): SubmittedTask {
  const tasks = child(child(child(parse(xml), 'Instance'), 'Job'), 'Tasks')
  const found = Object.entries(tasks ?? {}).filter(([name]) => name !== '#text')
  const [type, task] = found[0] ?? []
  if (found.length !== 1 || type === undefined || !isNode(task)) {
    throw new ServiceError('InvalidArgument', 'the instance needs exactly one task in Job/Tasks')
  }
  return { type, name: textOf(task, 'Name').trim(), query: textOf(task, 'Query') }
}

/** The status that PUT instances/{id} asks for. */
export function parseStatus(xml: string): string {
  return textOf(child(parse(xml), 'Instance') ?? {}, 'Status').trim()
}

/** The `<Job>` element as it was sent, for `?source`. */
export function jobElement(xml: string): string {
  const start = xml.indexOf('<Job')
  const end = xml.lastIndexOf('</Job>')
  return start < 0 || end < start ? '<Job/>' : xml.slice(start, end + '</Job>'.length)
}

function parse(xml: string): Node {
  try {
    const parsed: unknown = parser.parse(xml)
    return isNode(parsed) ? parsed : {}
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ServiceError('InvalidArgument', `the body is not XML: ${reason}`, { cause: error })
  }
}

function child(node: Node | undefined, name: string): Node | undefined {
  const value = node?.[name]
  return isNode(value) ? value : undefined
}

function textOf(node: Node, name: string): string {
  const value = node[name]
  return typeof value === 'string' ? value : ''
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
