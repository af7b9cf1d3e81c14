/**
 * What kcat prints of a topic, parsed exactly: numbers and headers in a line, then the raw bytes of key
 * and value, whose lengths the line has told.
 *
 *   record = partition " " offset " " keyLength " " valueLength " " headers "\n" key value
 *
 * A length of -1 is null. Headers are `name=value` with commas between: no header of these tests has a newline.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { buffer, text } from 'node:stream/consumers'

import type { WitnessedRecord } from './witnessed-record.ts'

const FORMAT = String.raw`%p %o %K %S %h\n%k%s`
/** librdkafka refuses larger answers, and one record here has 8 MiB. */
const FETCH_BYTES_MAX = 64 * 1024 * 1024

/** Null when kcat is there, else what to install. */
export function kcatMissing(): string | null {
  const { error } = spawnSync('kcat', ['-V'], { stdio: 'ignore' })
  return error === undefined
    ? null
    : `kcat cannot be started (apt-get install kcat): ${error.message}`
}

/** All records of the topic, as of now. */
export async function readWithKcat(bootstrap: string, topic: string): Promise<WitnessedRecord[]> {
  const limits = [
    `fetch.message.max.bytes=${FETCH_BYTES_MAX}`,
    'receive.message.max.bytes=200000000',
  ]
  const args = ['-C', '-q', '-e', '-b', bootstrap, '-t', topic, '-o', 'beginning', '-D', '']
  for (const limit of limits) args.push('-X', limit)
  const child = spawn('kcat', [...args, '-f', FORMAT], { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  const [printed, complaints] = await Promise.all([buffer(child.stdout), text(child.stderr)])
  const [status] = (await closed) as [number | null]
  if (status !== 0) throw new Error(`kcat ended with status ${status}: ${complaints}`)
  return parse(printed)
}

function parse(printed: Buffer): WitnessedRecord[] {
  const records: WitnessedRecord[] = []
  for (let at = 0; at < printed.length;) {
    const lineEnd = printed.indexOf('\n', at)
    const line = /^(\d+) (\d+) (-?\d+) (-?\d+) (.*)$/.exec(printed.toString('utf8', at, lineEnd))
    if (lineEnd < 0 || line === null) throw new Error(`kcat printed no record at byte ${at}`)
    const [keyLength, valueLength] = [Number(line[3]), Number(line[4])]
    const keyEnd = lineEnd + 1 + Math.max(0, keyLength)
    const end = keyEnd + Math.max(0, valueLength)
    records.push({
      topicPartition: Number(line[1]),
      offset: Number(line[2]),
      key: keyLength < 0 ? null : printed.subarray(lineEnd + 1, keyEnd),
      value: valueLength < 0 ? null : printed.subarray(keyEnd, end),
      headers: line[5]!,
    })
    at = end
  }
  return records
}
