/**
 * Partition specs. The Tunnel writes `pt=a,hh=01`, the REST API `pt='a',hh='01'`; both forms are read, with `,` or `/` between the parts.
 */

import { MaxComputeError } from './errors.ts'

/** One partition of a table: its keys and values, in the order of the partition columns. */
export interface PartitionSpec {
  readonly parts: readonly { readonly name: string; readonly value: string }[]
}

/** What neither form can carry without doubt. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN_IN_VALUE = /[,/'"\\=\u0000-\u001f\u007f]/

const NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u

/** Reads `pt=a,hh=01`, `pt='a'/hh='01'` and mixtures. Throws InvalidPartitionSpec. */
export function parsePartitionSpec(text: string): PartitionSpec {
  const parts = text.split(/[,/]/).map((part) => {
    const [name = '', ...rest] = part.split('=')
    const value = rest.join('=').trim()
    const quoted = /^'([^']*)'$|^"([^"]*)"$/.exec(value)
    return { name: name.trim(), value: quoted?.[1] ?? quoted?.[2] ?? value }
  })
  return partitionSpec(parts, text)
}

/** A spec from its parts. Throws InvalidPartitionSpec for names and values that the service's forms cannot carry. */
export function partitionSpec(
  parts: readonly { readonly name: string; readonly value: string }[],
  text = parts.map(({ name, value }) => `${name}=${value}`).join(','),
): PartitionSpec {
  if (parts.length === 0) throw invalid(text, 'it names no partition column')
  for (const { name, value } of parts) {
    if (!NAME.test(name)) throw invalid(text, `"${name}" is not a column name`)
    if (value === '') throw invalid(text, `${name} has no value`)
    if (FORBIDDEN_IN_VALUE.test(value)) {
      throw invalid(text, `the value of ${name} may not hold , / = ' " \\ or control characters`)
    }
  }
  if (new Set(parts.map(({ name }) => name.toLowerCase())).size !== parts.length) {
    throw invalid(text, 'a column stands in it twice')
  }
  return { parts }
}

/** `pt=a,hh=01` */
export function tunnelForm({ parts }: PartitionSpec): string {
  return parts.map(({ name, value }) => `${name}=${value}`).join(',')
}

/** `pt='a',hh='01'` */
export function restForm({ parts }: PartitionSpec): string {
  return parts.map(({ name, value }) => `${name}='${value}'`).join(',')
}

function invalid(text: string, why: string): MaxComputeError {
  return new MaxComputeError(
    'InvalidPartitionSpec',
    `Partition spec "${text}": ${why}. Write it as name=value, name=value.`,
  )
}
