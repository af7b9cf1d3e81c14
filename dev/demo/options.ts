import { parseArgs } from 'node:util'

export interface DemoOptions {
  readonly records: number
  readonly topicPartitions: number
  readonly agents: number
  /** One JSON object on standard output, everything else on standard error. */
  readonly json: boolean
  /** Everything runs on until Ctrl-C. */
  readonly keep: boolean
}

export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const USAGE = `Usage: npm run demo -- [flags]
  --records N      orders to write to Kafka and move to MaxCompute (default 200000)
  --partitions N   of the topic (default 4)
  --agents N       (default 2)
  --keep           leave everything running until Ctrl-C
  --json           print one JSON object on standard output, everything else on standard error
Environment: KAFKA_BOOTSTRAP (host:port of a Kafka without authentication, instead of a local one)`

const FLAGS = {
  records: { type: 'string', default: '200000' },
  partitions: { type: 'string', default: '4' },
  agents: { type: 'string', default: '2' },
  json: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** null: help was asked for. Throws UsageError. */
export function readOptions(argv: readonly string[]): DemoOptions | null {
  const flags = parse(argv)
  if (flags.help) return null
  return {
    records: wholeNumber('--records', flags.records, 10_000_000),
    topicPartitions: wholeNumber('--partitions', flags.partitions, 256),
    agents: wholeNumber('--agents', flags.agents, 16),
    json: flags.json,
    keep: flags.keep,
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, strict: true }).values
  } catch (cause) {
    throw new UsageError(`${(cause as Error).message}\n${USAGE}`, { cause })
  }
}

function wholeNumber(flag: string, text: string, max: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1 && value <= max) return value
  throw new UsageError(`${flag} ${text}: expected a whole number from 1 to ${max}`)
}
