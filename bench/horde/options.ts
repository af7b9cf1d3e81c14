import { parseArgs } from 'node:util'

export interface HordeOptions {
  readonly agents: number
  readonly json: boolean
  readonly idleSeconds: number
  readonly assignSeconds: number
  /** Wanted assignments a second, over all jobs. */
  readonly rate: number
  readonly jobs: number
  /** Left out: `assign`, `kill`. */
  readonly without: readonly string[]
  /** Flags of the control plane's Node, such as --cpu-prof. */
  readonly nodeFlags: readonly string[]
  /** Where state and logs are kept; null: a temporary directory that is deleted. */
  readonly stateDir: string | null
}

export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const USAGE = `npm run bench:horde [-- flags]

  --agents <n>          (10000)
  --json                stdout is one JSON object; progress goes to stderr
  --idle-seconds <n>    how long nothing happens but beats, once all are in (60)
  --assign-seconds <n>  how long work is handed out (20)
  --rate <n>            assignments a second that are aimed at (1000)
  --jobs <n>            jobs that share the rate, 32 slices in flight each (16)
  --state-dir <dir>     keep the control plane's state and log there
  --node-flag <flag>    of the control plane's Node, such as --node-flag=--cpu-prof; may be repeated
  --without <phase>     leave out assign or kill; may be repeated`

const AGENTS_MAX = 100_000

/** null: help was asked for. Throws UsageError. */
export function readOptions(argv: readonly string[]): HordeOptions | null {
  const values = parse(argv)
  if (values.help) return null
  return {
    agents: whole('--agents', values.agents, AGENTS_MAX),
    json: values.json,
    idleSeconds: whole('--idle-seconds', values['idle-seconds'], 3600),
    assignSeconds: whole('--assign-seconds', values['assign-seconds'], 3600),
    rate: whole('--rate', values.rate, 10_000),
    jobs: whole('--jobs', values.jobs, 100),
    without: values.without,
    nodeFlags: values['node-flag'],
    stateDir: values['state-dir'] ?? null,
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        agents: { type: 'string', default: '10000' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        'idle-seconds': { type: 'string', default: '60' },
        'assign-seconds': { type: 'string', default: '20' },
        rate: { type: 'string', default: '1000' },
        jobs: { type: 'string', default: '16' },
        'state-dir': { type: 'string' },
        without: { type: 'string', multiple: true, default: [] },
        'node-flag': { type: 'string', multiple: true, default: [] },
      },
    }).values
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  }
}

function whole(flag: string, text: string, max: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= max) return value
  throw new UsageError(`${flag} ${text}: expected a whole number from 1 to ${max}`)
}
