import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import { ClientError } from '../../cli/client-error.ts'
import type { ApiClient } from '../../cli/client.ts'
import type { RunProgress } from '../../control-plane/run/run-port.ts'
import { LocalSystemError } from './errors.ts'

const POLL_MS = 200
const RUN_TIMEOUT_MS = 10 * 60_000
const FINAL_STATES = ['succeeded', 'failed', 'killed', 'held']

/** Applies the job JSON under the name. Rejects with ClientError when it has problems. */
export async function applyJob(
  client: ApiClient,
  name: string,
  job: unknown,
  group: string,
): Promise<void> {
  await client.applyJob(name, JSON.stringify(job, null, 2), group)
}

/** @returns the run's number */
export async function startRun(
  client: ApiClient,
  job: string,
  params: Readonly<Record<string, string>> = {},
): Promise<number> {
  return (await client.startRun({ job, params }, randomUUID())).id
}

export interface WaitOptions {
  readonly timeoutMs?: number
  readonly onProgress?: (progress: RunProgress) => void
}

/**
 * The run's last progress: succeeded, failed, killed or held. Goes on while the control plane is
 * down. Rejects with LocalSystemError RUN_TIMEOUT.
 */
export async function waitForRun(
  client: ApiClient,
  runId: number,
  options: WaitOptions = {},
): Promise<RunProgress> {
  const deadline = performance.now() + (options.timeoutMs ?? RUN_TIMEOUT_MS)
  for (;;) {
    const progress = await client.runProgress(runId).catch((error: unknown) => {
      if (error instanceof ClientError && error.code === 'UNREACHABLE') return null
      throw error
    })
    if (progress !== null) options.onProgress?.(progress)
    if (progress !== null && FINAL_STATES.includes(progress.state)) return progress
    if (performance.now() > deadline) {
      const state =
        progress === null ? 'unknown: the control plane does not answer' : progress.state
      const why = progress?.waitingFor == null ? '' : ` (${progress.waitingFor})`
      throw new LocalSystemError('RUN_TIMEOUT', `run ${runId} is still ${state}${why}`)
    }
    await sleep(POLL_MS)
  }
}
