/** WorkEvents that write down what they hear, for tests. */
import { EventEmitter, once } from 'node:events'

import type { Progress } from '../../proto/gen/sluice/agent/v1/Progress.ts'
import type { Result } from '../../proto/gen/sluice/agent/v1/Result.ts'
import type { ReadyAgent, ReconcileVerdict, WorkEvents, WorkRef } from '../run/link-port.ts'

export class RecordedEvents implements WorkEvents {
  readonly heard: string[] = []
  readonly results: Result[] = []
  readonly progressed: Progress[] = []
  readonly bulks: Uint8Array[] = []
  /** By `work#attempt`; what is not named is kept, and its result wanted. */
  readonly verdicts = new Map<string, ReconcileVerdict>()
  /** When set, a result is durable only after this. */
  resultGate: Promise<void> | null = null
  failNextResult = false
  failNextLoss = false
  failNextReject = false
  readonly #emitter = new EventEmitter()

  /** Resolves when `line` (a prefix) has been heard, now or later, `times` times. */
  async hears(line: string, times = 1): Promise<void> {
    while (this.heard.filter((heard) => heard.startsWith(line)).length < times) {
      await once(this.#emitter, 'heard')
    }
  }

  count(line: string): number {
    return this.heard.filter((heard) => heard.startsWith(line)).length
  }

  async reconcile(
    _agentId: string,
    inflight: readonly WorkRef[],
    spooled: readonly WorkRef[],
  ): Promise<{ inflight: ReconcileVerdict[]; spooled: ReconcileVerdict[] }> {
    this.#hear(`reconcile [${inflight.map(show).join()}] [${spooled.map(show).join()}]`)
    return {
      inflight: inflight.map((ref) => this.verdicts.get(show(ref)) ?? 'KEEP'),
      spooled: spooled.map((ref) => this.verdicts.get(show(ref)) ?? 'SEND_RESULT'),
    }
  }

  agentReady(agent: ReadyAgent): void {
    this.#hear(`ready ${agent.name}`)
  }

  async accepted(_agentId: string, ref: WorkRef): Promise<void> {
    this.#hear(`accepted ${show(ref)}`)
  }

  async rejected(_agentId: string, ref: WorkRef, reason: string): Promise<void> {
    if (this.failNextReject) {
      this.failNextReject = false
      throw new Error('the store is away')
    }
    this.#hear(`rejected ${show(ref)} ${reason}`)
  }

  progress(_agentId: string, progress: Progress): void {
    this.progressed.push(progress)
    this.#hear(`progress ${show(progress)}`)
  }

  async result(_agentId: string, result: Result): Promise<void> {
    if (this.failNextResult) {
      this.failNextResult = false
      this.#hear(`failed ${show(result)}`)
      throw new Error('the store is away')
    }
    await this.resultGate
    this.results.push(result)
    this.#hear(`result ${show(result)}`)
  }

  bulk(_agentId: string, ref: WorkRef, bulkId: string, body: Uint8Array): void {
    this.bulks.push(body)
    this.#hear(`bulk ${show(ref)} ${bulkId} ${body.length}`)
  }

  async agentLost(_agentId: string, why: string): Promise<void> {
    if (this.failNextLoss) {
      this.failNextLoss = false
      this.#hear('loss failed')
      throw new Error('the store is away')
    }
    this.#hear(`lost ${why}`)
  }

  #hear(line: string): void {
    this.heard.push(line)
    this.#emitter.emit('heard')
  }
}

function show({ workId, attempt }: WorkRef): string {
  return `${workId}#${attempt}`
}
