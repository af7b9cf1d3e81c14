/**
 * Sends the log ring's lines over a call of their own, for as long as a session holds.
 *
 * At most LOG_CHUNKS_UNACKED_MAX chunks are under way; a line leaves the ring when it is
 * acknowledged, so that a call that breaks costs nothing: the next one starts at the first line
 * without acknowledgement.
 */
import type { ClientDuplexStream, Metadata } from '@grpc/grpc-js'
import type { Logger } from 'pino'

import { sleep } from '../../lib/clock.ts'
import type { Clock } from '../../lib/clock.ts'
import type { AgentLinkClient } from '../../proto/gen/sluice/agent/v1/AgentLink.ts'
import type { LogAck } from '../../proto/gen/sluice/agent/v1/LogAck.ts'
import type { LogChunkInput } from '../../proto/gen/sluice/agent/v1/LogChunk.ts'
import { LOG_CHUNKS_UNACKED_MAX } from '../../proto/link-limits.ts'
import { backoffMs } from '../link/backoff.ts'
import type { AgentLinkSettings } from '../link/link-settings.ts'
import type { LogRing } from './log-ring.ts'

export interface LogUploadOptions {
  readonly client: AgentLinkClient
  readonly metadata: Metadata
  readonly ring: LogRing
  readonly clock: Clock
  readonly random: () => number
  readonly settings: AgentLinkSettings
  readonly log: Logger
}

/** Resolves when the signal aborts; never rejects. */
export async function uploadLogs(options: LogUploadOptions, signal: AbortSignal): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    const acknowledged = await uploadOnce(options, signal)
    if (signal.aborted) return
    failures = acknowledged ? 1 : failures + 1
    const delayMs = backoffMs(failures, options.random(), options.settings)
    await sleep(options.clock, delayMs, signal)
  }
}

/** One call, until it ends. True: something was acknowledged. */
function uploadOnce(
  { client, metadata, ring, clock, settings, log }: LogUploadOptions,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const call: ClientDuplexStream<LogChunkInput, LogAck> = client.uploadLogs(metadata)
    const unacknowledged: number[] = [] // end positions of chunks under way
    let nextPosition = ring.firstPosition
    let acknowledged = false
    let cancelFlush: (() => void) | null = null

    const sendBatches = (): void => {
      cancelFlush = null
      while (unacknowledged.length < LOG_CHUNKS_UNACKED_MAX) {
        const batch = ring.batchFrom(nextPosition)
        if (batch.lines.length === 0) return
        nextPosition = batch.position + batch.lines.length
        unacknowledged.push(nextPosition)
        call.write({ position: batch.position, lines: [...batch.lines] })
      }
    }
    const finish = (): void => {
      ring.onLine(() => {})
      cancelFlush?.()
      signal.removeEventListener('abort', onAbort)
      resolve(acknowledged)
    }
    const onAbort = (): void => call.cancel()

    call.on('data', (ack: LogAck) => {
      acknowledged = true
      ring.acknowledge(ack.position)
      while ((unacknowledged[0] ?? Infinity) <= ack.position) unacknowledged.shift()
      sendBatches()
    })
    call.on('error', (error) => {
      if (!signal.aborted) log.debug({ err: error }, 'log upload ended')
      finish()
    })
    call.on('end', () => {
      call.end()
      finish()
    })
    ring.onLine(() => {
      cancelFlush ??= clock.after(settings.logFlushMs, sendBatches)
    })
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) call.cancel()
    else sendBatches()
  })
}
