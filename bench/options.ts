import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** Small topics, one repetition, two cases: shows that everything works, its figures mean little. */
  readonly quick: boolean
  readonly json: boolean
  /** Of each measurement; the median counts. */
  readonly repetitions: number
  /** Slices in flight of the whole job: worker threads of the agent. */
  readonly channels: number
  /** Multiplies the size of every topic. */
  readonly scale: number
  /** Only the cases whose name holds one of these; empty: all. */
  readonly only: readonly string[]
}

export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const USAGE = `npm run bench [-- flags]

  --quick            small topics, two cases, one repetition: under a minute
  --json             stdout is one JSON object with every figure; the table goes to stderr
  --repetitions <n>  of each measurement, the median counts (3; 1 with --quick)
  --channels <n>     slices at once in the whole job (the number of cores, at most 4)
  --scale <x>        topics of x times the size (1)
  --only <text>      only cases whose name holds the text, such as "100 B none"; may be repeated`

const CHANNELS_DEFAULT_MAX = 4

/** null: help was asked for. Throws UsageError. */
export function readOptions(argv: readonly string[]): BenchOptions | null {
  const values = parse(argv)
  if (values.help) return null
  const { quick, json, only } = values
  const cores = Math.min(availableParallelism(), CHANNELS_DEFAULT_MAX)
  return {
    quick,
    json,
    repetitions: positive('--repetitions', values.repetitions ?? (quick ? '1' : '3'), true),
    channels: positive('--channels', values.channels ?? String(cores), true),
    scale: positive('--scale', values.scale, false),
    only,
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        repetitions: { type: 'string' },
        channels: { type: 'string' },
        scale: { type: 'string', default: '1' },
        only: { type: 'string', multiple: true, default: [] },
      },
    }).values
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  }
}

function positive(flag: string, text: string, whole: boolean): number {
  const value = Number(text)
  if (value > 0 && value <= 1000 && (!whole || Number.isInteger(value))) return value
  const what = whole ? 'whole number from 1' : 'number above 0 and'
  throw new UsageError(`${flag} ${text}: expected a ${what} to 1000`)
}
