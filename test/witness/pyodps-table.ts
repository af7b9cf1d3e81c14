/** What PyODPS downloads from a table. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import type { EndpointNode } from '../../dev/local-system/endpoint-node.ts'
import type { WitnessedRecord } from './witnessed-record.ts'

const SCRIPT = fileURLToPath(new URL('read_table.py', import.meta.url))

export interface WitnessedTable {
  /** What the columns of type STRING hold, and those of type BINARY. */
  readonly asString: readonly WitnessedRecord[]
  readonly asBinary: readonly WitnessedRecord[]
}

interface Encoded {
  /** base64 */
  readonly key: string | null
  readonly value: string | null
}

interface Line {
  readonly topicPartition: number
  readonly offset: number
  /** A JSON object, as Sluice writes `__headers__`. */
  readonly headers: string
  readonly asString: Encoded
  readonly asBinary: Encoded
}

/** The columns are those of `read_table.py`. */
export async function readWithPyodps(
  python: string,
  endpoint: EndpointNode,
  table: string,
): Promise<WitnessedTable> {
  const { url, accessId, accessKey, project } = endpoint
  const child = spawn(python, [SCRIPT, url, accessId, accessKey, project, table], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  const [printed, complaints] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [status] = (await closed) as [number | null]
  if (status !== 0) throw new Error(`PyODPS ended with status ${status}: ${complaints}`)
  const lines = printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
  return {
    asString: lines.map((line) => witnessed(line, line.asString)),
    asBinary: lines.map((line) => witnessed(line, line.asBinary)),
  }
}

function witnessed(line: Line, { key, value }: Encoded): WitnessedRecord {
  const headers = JSON.parse(line.headers) as Readonly<Record<string, string>>
  return {
    topicPartition: line.topicPartition,
    offset: line.offset,
    key: key === null ? null : Buffer.from(key, 'base64'),
    value: value === null ? null : Buffer.from(value, 'base64'),
    headers: Object.entries(headers)
      .map(([name, member]) => `${name}=${member}`)
      .join(','),
  }
}
