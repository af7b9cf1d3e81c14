import { Fields } from './fields.ts'
import { parseHostPort } from './host-port.ts'
import type { JsonNode } from './json-node.ts'
import type { ProblemList } from './problem-list.ts'
import type { HostPort } from './source.ts'

/** A cluster is found through a few of its brokers. */
export const BOOTSTRAP_SERVERS_MAX = 100

/** A list of brokers in any of its forms; wrong ones are reported. */
export function readAddresses(fields: Fields, key: string): HostPort[] {
  const value = fields.value(key)
  if (value === null) return []
  const items: readonly JsonNode[] =
    value.kind === 'array'
      ? value.items
      : value.kind === 'string'
        ? value.value.split(',').map((text) => ({ ...value, value: text }))
        : [value]
  if (items.length > BOOTSTRAP_SERVERS_MAX) {
    const message = `"${key}" lists ${items.length} brokers; at most ${BOOTSTRAP_SERVERS_MAX} are allowed.`
    fields.problems.errorAt('out-of-range', value, message)
    return []
  }
  const found: HostPort[] = []
  for (const item of items) {
    const address = readAddress(item, fields.problems)
    if (address !== null) found.push(address)
  }
  return found
}

function readAddress(item: JsonNode, problems: ProblemList): HostPort | null {
  if (item.kind === 'object') {
    const fields = new Fields(item, problems)
    const host = fields.textValue('host')
    const port = fields.integer('port', 1, 65_535)
    fields.require('host', "the broker's host name or address")
    fields.require('port', "the broker's port")
    fields.finish()
    return host === null || port === null ? null : { host, port }
  }
  const address = item.kind === 'string' ? parseHostPort(item.value) : null
  if (address === null)
    problems.error('bad-format', item, 'A broker is written host:port.', 'host:port')
  return address
}
