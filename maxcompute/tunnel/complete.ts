/**
 * Completing an upload session, with its doubts resolved.
 *
 * C1. `complete` is a POST that the service accepts once. A second one answers StatusConflict, and so does one on an expired
 *     session: no answer but the session's own status proves anything.
 * C2. Status `closed` is committed; `closing` is waited for; `normal` with exactly the expected blocks is posted (again);
 *     everything else is unknown.
 * C3. Once a POST may have reached the service without an answer, "not committed" is never claimed again: it may be executed late.
 */

import { MaxComputeError } from '../errors.ts'
import { backoffMs, pause, type RetryClock } from '../retry.ts'
import type { UploadState, UploadStatus } from './upload-state.ts'

/** Why we believe what we say about a commit; fit for a log and for a person. */
export interface CompleteEvidence {
  readonly uploadId: string
  /** The last status that the service told, if any. */
  readonly status: UploadStatus | 'noSuchUpload' | null
  readonly reason: string
  readonly missingBlockIds: readonly number[]
  readonly unexpectedBlockIds: readonly number[]
  /** POSTs that this call made. */
  readonly posts: number
  readonly requestId: string | undefined
  readonly error: MaxComputeError | undefined
}

export interface CompleteOutcome {
  readonly kind: 'committed' | 'notCommitted' | 'unknown'
  readonly evidence: CompleteEvidence
}

export interface CompletePort {
  readonly uploadId: string
  readonly clock: RetryClock
  getStatus(options: { readonly signal?: AbortSignal }): Promise<UploadState>
  postComplete(options: { readonly signal?: AbortSignal }): Promise<UploadState>
}

export const COMPLETE_POSTS_MAX = 8

/** Looks at a session that is closing; with the back-off's waits, about half an hour. */
export const CLOSING_LOOKS_MAX = 60

interface Done {
  readonly kind: 'done'
  readonly outcome: CompleteOutcome
}

type Step = Done | { readonly kind: 'post' } | { readonly kind: 'wait' }

export async function completeUpload(
  port: CompletePort,
  expectedBlockIds: readonly number[],
  signal: AbortSignal | undefined,
): Promise<CompleteOutcome> {
  const completion = new Completion(port.uploadId, expectedBlockIds)
  const options = signal === undefined ? {} : { signal }
  const where = `completing upload ${port.uploadId}`
  for (;;) {
    const step = await look(port, completion, options)
    if (step.kind === 'done') return step.outcome
    if (step.kind === 'post') {
      const next = completion.posted(await attempt(port.postComplete(options)))
      if (next.kind === 'done') return next.outcome
      if (next.kind === 'look') continue
    }
    await pause(port.clock, completion.pauseMs(port.clock.random()), where, signal)
  }
}

async function look(
  port: CompletePort,
  completion: Completion,
  options: { readonly signal?: AbortSignal },
): Promise<Step> {
  return completion.looked(await attempt(port.getStatus(options)))
}

/** A failure as a value; being aborted is the caller's wish and is thrown. */
async function attempt(call: Promise<UploadState>): Promise<UploadState | MaxComputeError> {
  try {
    return await call
  } catch (thrown) {
    if (thrown instanceof MaxComputeError && thrown.code !== 'Aborted') return thrown
    throw thrown
  }
}

/** What is known so far, and what follows from it. No I/O. */
export class Completion {
  readonly #uploadId: string
  readonly #expected: ReadonlySet<number>
  #posts = 0
  #looksWhileClosing = 0
  /** C3 */
  #maybeExecuted = false
  #refusal: MaxComputeError | undefined
  #requestId: string | undefined
  #holdMs = 0

  constructor(uploadId: string, expectedBlockIds: readonly number[]) {
    this.#uploadId = uploadId
    this.#expected = new Set(expectedBlockIds)
  }

  /** After the status was asked for: what to do. */
  looked(answer: UploadState | MaxComputeError): Step {
    if (answer instanceof MaxComputeError) {
      const gone = answer.code === 'NoSuchUpload'
      const reason = gone
        ? 'the service does not know the session (any more)'
        : 'the session could not be asked for its status'
      return this.#done('unknown', gone ? 'noSuchUpload' : null, reason, answer)
    }
    this.#requestId = answer.requestId
    switch (answer.status) {
      case 'closed':
        return this.#done('committed', 'closed', 'the session is closed')
      case 'closing':
        return this.#closing()
      case 'normal':
        return this.#normal(answer)
      default:
        return this.#done(
          'unknown',
          answer.status,
          `the session is ${answer.status}: it may have been completed before`,
        )
    }
  }

  /** After a POST: look at once, or wait first, or it is done. */
  posted(answer: UploadState | MaxComputeError): Done | { readonly kind: 'look' | 'wait' } {
    this.#posts++
    if (!(answer instanceof MaxComputeError)) {
      this.#requestId = answer.requestId
      if (answer.status === 'closed') {
        return this.#done('committed', 'closed', 'the service answered that the session is closed')
      }
      this.#maybeExecuted = true
      return { kind: 'look' }
    }
    if (answer.reached === 'maybe') this.#maybeExecuted = true
    this.#refusal = answer
    this.#holdMs = answer.holdMs ?? 0
    return { kind: 'wait' }
  }

  pauseMs(random: number): number {
    return backoffMs(Math.max(1, this.#posts + this.#looksWhileClosing), random, this.#holdMs)
  }

  #closing(): Step {
    if (++this.#looksWhileClosing <= CLOSING_LOOKS_MAX) return { kind: 'wait' }
    return this.#done('unknown', 'closing', 'the session has been closing for too long')
  }

  #normal({ blocks }: UploadState): Step {
    const present = new Set(blocks.map(({ blockId }) => blockId))
    const missing = [...this.#expected].filter((id) => !present.has(id))
    const unexpected = [...present].filter((id) => !this.#expected.has(id))
    const kind = this.#maybeExecuted ? 'unknown' : 'notCommitted' // C3
    if (missing.length > 0 || unexpected.length > 0) {
      const reason = "the session's blocks are not the expected ones"
      return this.#done(kind, 'normal', reason, this.#refusal, missing, unexpected)
    }
    if (this.#refusal?.reached === 'yes' && this.#refusal.retry === 'fatal') {
      return this.#done(
        kind,
        'normal',
        'the service refuses to complete the session',
        this.#refusal,
      )
    }
    if (this.#posts >= COMPLETE_POSTS_MAX) {
      return this.#done(
        kind,
        'normal',
        `it was still open after ${this.#posts} tries`,
        this.#refusal,
      )
    }
    return { kind: 'post' }
  }

  #done(
    kind: CompleteOutcome['kind'],
    status: CompleteEvidence['status'],
    reason: string,
    error?: MaxComputeError,
    missingBlockIds: readonly number[] = [],
    unexpectedBlockIds: readonly number[] = [],
  ): Done {
    const evidence: CompleteEvidence = {
      uploadId: this.#uploadId,
      status,
      reason,
      missingBlockIds,
      unexpectedBlockIds,
      posts: this.#posts,
      requestId: error?.requestId ?? this.#requestId,
      error,
    }
    return { kind: 'done', outcome: { kind, evidence } }
  }
}
