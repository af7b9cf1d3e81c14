/**
 * Questions to one agent (test a data source, say what is wrong with the host) while the caller waits.
 *
 * AR1  Nothing is stored, and nothing is tried again: a question ends with the call that asked it.
 * AR2  Every question ends: answered, refused, lost with its agent, out of time, or given up by its caller.
 * AR3  Only the agent that was asked can answer.
 */
import { randomUUID } from 'node:crypto'

import type { Clock } from '../../lib/clock.ts'
import type { DiagnoseResult } from '../../proto/gen/sluice/agent/v1/DiagnoseResult.ts'
import type { DiagnoseSpecInput } from '../../proto/gen/sluice/agent/v1/DiagnoseSpec.ts'
import type { Result } from '../../proto/gen/sluice/agent/v1/Result.ts'
import type { TestResult } from '../../proto/gen/sluice/agent/v1/TestResult.ts'
import type { TestSpecInput } from '../../proto/gen/sluice/agent/v1/TestSpec.ts'
import type { AgentLink, WorkRef } from './link-port.ts'

/** Of one agent at once: the link's places for steps (8) are shared with those of runs (4 an agent). */
export const REQUESTS_PER_AGENT_MAX = 3
/** At once, of all agents. */
export const REQUESTS_MAX = 256
/** The only attempt there is (AR1). */
const ATTEMPT = 1

export type AgentQuestion =
  | { readonly test: TestSpecInput }
  | { readonly diagnose: DiagnoseSpecInput }

/**
 * NOT_READY: not online, draining, or all its places for steps are in use. BUSY: too many questions
 * at once. REFUSED: the agent said no. LOST: it went away over it. ERROR: it failed to find out.
 */
export type AgentRequestProblem =
  | 'NOT_READY'
  | 'BUSY'
  | 'REFUSED'
  | 'LOST'
  | 'TIMEOUT'
  | 'CANCELLED'
  | 'ERROR'

export type AgentAnswer =
  | { readonly kind: 'test'; readonly test: TestResult }
  | { readonly kind: 'diagnose'; readonly diagnose: DiagnoseResult }
  | {
      readonly kind: 'failed'
      readonly problem: AgentRequestProblem
      /** What happened, and what to do. */
      readonly message: string
      /** The agent is of a version that does not know the question. */
      readonly isUnknownKind: boolean
    }

interface Request {
  readonly workId: string
  readonly agentId: string
  readonly finish: (answer: AgentAnswer) => void
}

export class AgentRequests {
  readonly #link: AgentLink
  readonly #clock: Clock
  /** By work id. Bounded by REQUESTS_MAX. */
  readonly #requests = new Map<string, Request>()

  constructor(link: AgentLink, clock: Clock) {
    this.#link = link
    this.#clock = clock
  }

  /** Never rejects (AR2). When the caller gives up, or time is over, the agent is told to stop. */
  ask(
    agentId: string,
    question: AgentQuestion,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<AgentAnswer> {
    if (signal?.aborted === true) {
      return Promise.resolve(failed('CANCELLED', 'the caller went away'))
    }
    const busy = this.#whyBusy(agentId)
    if (busy !== null) return Promise.resolve(failed('BUSY', busy))
    const kind = 'test' in question ? 'test' : 'diagnose'
    const ref = { workId: `${kind}-${randomUUID()}`, attempt: ATTEMPT }
    return new Promise((resolve) => {
      const giveUp = (problem: AgentRequestProblem, message: string): void => {
        this.#link.cancel(agentId, ref, message)
        finish(failed(problem, message))
      }
      const stopTimer = this.#clock.after(timeoutMs, () => {
        const seconds = Math.ceil(timeoutMs / 1_000)
        giveUp('TIMEOUT', `the agent gave no answer within ${seconds} s: look at its log`)
      })
      const abort = (): void => giveUp('CANCELLED', 'the caller went away')
      const finish = (answer: AgentAnswer): void => {
        this.#requests.delete(ref.workId)
        stopTimer()
        signal?.removeEventListener('abort', abort)
        resolve(answer)
      }
      this.#requests.set(ref.workId, { workId: ref.workId, agentId, finish })
      signal?.addEventListener('abort', abort)
      if (this.#link.assign(agentId, { ...question, ...ref })) return
      finish(
        failed(
          'NOT_READY',
          'the agent is not online and ready for work: start it, or wait until it is no longer draining or busy',
        ),
      )
    })
  }

  rejected(agentId: string, ref: WorkRef, reason: string): void {
    const isUnknownKind = reason.startsWith('UNSUPPORTED')
    const advice = isUnknownKind ? 'upgrade the agent' : 'try again later'
    this.#of(agentId, ref)?.finish(
      failed('REFUSED', `the agent refused (${reason}): ${advice}`, isUnknownKind),
    )
  }

  result(agentId: string, result: Result): void {
    const request = this.#of(agentId, result)
    if (request === undefined) return
    const isTest = request.workId.startsWith('test-')
    if (isTest && result.test) request.finish({ kind: 'test', test: result.test })
    else if (!isTest && result.diagnose) {
      request.finish({ kind: 'diagnose', diagnose: result.diagnose })
    } else {
      const message = result.error?.message ?? 'its answer is not one to this question: upgrade it'
      request.finish(failed('ERROR', `the agent could not find out: ${message}`))
    }
  }

  isHeldBy(agentId: string, ref: WorkRef): boolean {
    return this.#of(agentId, ref) !== undefined
  }

  /** `known` holds `workId#attempt` of everything that the agent still has; empty: the agent is lost. */
  agentHolds(agentId: string, known: ReadonlySet<string>): void {
    for (const request of this.#requests.values()) {
      if (request.agentId !== agentId || known.has(`${request.workId}#${ATTEMPT}`)) continue
      request.finish(
        failed(
          'LOST',
          'the agent was lost before it answered: see whether it is online, and ask again',
        ),
      )
    }
  }

  #of(agentId: string, { workId, attempt }: WorkRef): Request | undefined {
    const request = this.#requests.get(workId)
    return attempt === ATTEMPT && request?.agentId === agentId ? request : undefined
  }

  #whyBusy(agentId: string): string | null {
    if (this.#requests.size >= REQUESTS_MAX) {
      return `${REQUESTS_MAX} questions to agents are under way: try again later`
    }
    let ofAgent = 0
    for (const request of this.#requests.values()) if (request.agentId === agentId) ofAgent += 1
    if (ofAgent < REQUESTS_PER_AGENT_MAX) return null
    return `${ofAgent} questions to this agent are under way: try again later`
  }
}

function failed(problem: AgentRequestProblem, message: string, isUnknownKind = false): AgentAnswer {
  return { kind: 'failed', problem, message, isUnknownKind }
}
