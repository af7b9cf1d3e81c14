/** The service's XML: small documents with unknown extra elements, read by name. */

import { XMLParser } from 'fast-xml-parser'

import { MaxComputeError } from './errors.ts'

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
})

/** An element: its children by name, attributes as `@name`, its own text. */
export class XmlElement {
  readonly #node: unknown

  constructor(node: unknown) {
    this.#node = node
  }

  /** The first child of that name; an empty element when there is none. */
  child(name: string): XmlElement {
    return this.children(name)[0] ?? new XmlElement(undefined)
  }

  children(name: string): XmlElement[] {
    if (typeof this.#node !== 'object' || this.#node === null) return []
    const found = (this.#node as Record<string, unknown>)[name]
    if (found === undefined) return []
    return (Array.isArray(found) ? found : [found]).map((node) => new XmlElement(node))
  }

  get exists(): boolean {
    return this.#node !== undefined
  }

  /** The element's text, as it stands; empty when there is none. */
  get text(): string {
    if (typeof this.#node === 'string') return this.#node
    if (typeof this.#node !== 'object' || this.#node === null) return ''
    const text = (this.#node as Record<string, unknown>)['#text']
    return typeof text === 'string' ? text : ''
  }

  attribute(name: string): string {
    return this.child(`@${name}`).text
  }

  /** The text of a child, without white space around it. */
  textOf(name: string): string {
    return this.child(name).text.trim()
  }
}

/** The root element `name` of a document. Throws UnexpectedResponse when the text is something else. */
export function parseXml(text: string, name: string, where: string): XmlElement {
  let document: unknown
  try {
    document = parser.parse(text)
  } catch (thrown) {
    throw new MaxComputeError('UnexpectedResponse', `${where}: the answer is not XML`, {
      httpStatus: 200,
      cause: thrown,
    })
  }
  const root = new XmlElement(document).child(name)
  if (root.exists) return root
  throw new MaxComputeError('UnexpectedResponse', `${where}: the answer is not a <${name}>`, {
    httpStatus: 200,
  })
}

/** Text for an element or an attribute. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
