/** What an agent itself says of its work: the witness that does not ask the control plane. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Host } from '../../dev/hosts/host.ts'
import { HAND_AGENT_LOG } from './agent-by-hand.ts'

export interface Attempt {
  /** `run-1/slice-3` */
  readonly workId: string
  readonly attempt: number
  readonly host: string
  /** null: it runs. true: it was given up. */
  readonly dropped: boolean | null
}

/** Of slices, in the order of their starts. */
export function sliceAttempts(host: Host): readonly Attempt[] {
  const attempts = new Map<string, Attempt>()
  for (const line of readFileSync(join(host.disk, HAND_AGENT_LOG), 'utf8').split('\n')) {
    const entry = parse(line)
    if (entry === null || !entry.workId.includes('/slice-')) continue
    const { workId, attempt, msg, dropped } = entry
    if (msg !== 'work starts' && msg !== 'work ends') continue
    attempts.set(`${workId} ${attempt}`, {
      workId,
      attempt,
      host: host.name,
      dropped: msg === 'work ends' ? (dropped ?? false) : null,
    })
  }
  return [...attempts.values()]
}

interface Entry {
  readonly workId: string
  readonly attempt: number
  readonly msg: string
  readonly dropped?: boolean
}

/** null: a line that is not about work, or is still being written. */
function parse(line: string): Entry | null {
  if (!line.includes('"workId"')) return null
  try {
    return JSON.parse(line) as Entry
  } catch {
    return null
  }
}
