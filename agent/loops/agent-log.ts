import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'

import type { LogRing } from './log-ring.ts'
import type { RecentLines } from './recent-lines.ts'

const LEVEL_NAMES: Readonly<Record<number, string>> = {
  10: 'debug',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'error',
}

/** Never written, wherever a caller puts them: one level deep and two. */
const SECRET_FIELDS = [
  'token',
  'key',
  'password',
  'accessKey',
  'accessId',
  'securityToken',
  'saslPassword',
  'keyPem',
  'keyPassword',
]

export interface AgentLogOptions {
  readonly level: string
  /** Where people read it: stderr. */
  readonly destination: DestinationStream
  /** Where the control plane gets it from. */
  readonly ring: LogRing
  /** What is kept for whoever asks; absent: nothing. */
  readonly recent?: RecentLines
}

/** The agent's own log: JSON lines to stderr, and the same lines, redacted, to the control plane. */
export function createAgentLog({ level, destination, ring, recent }: AgentLogOptions): Logger {
  const paths = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`])
  const toRing: DestinationStream = {
    write: (text) => {
      recent?.push(text.trimEnd())
      ring.push(lineOf(text))
    },
  }
  const streams = [
    { level: 'debug', stream: destination },
    { level: 'info', stream: toRing },
  ] as const
  return pino(
    { level, redact: { paths, censor: '[redacted]' }, base: null },
    pino.multistream([...streams]),
  )
}

function lineOf(text: string): {
  atMs: number
  level: string
  message: string
  fieldsJson: string
} {
  const { level, time, msg, ...fields } = JSON.parse(text) as Record<string, unknown>
  return {
    atMs: typeof time === 'number' ? time : 0,
    level: LEVEL_NAMES[Number(level)] ?? 'info',
    message: typeof msg === 'string' ? msg : '',
    fieldsJson: Object.keys(fields).length === 0 ? '' : JSON.stringify(fields),
  }
}
