/**
 * What is kept of heartbeats: the last one of each agent in memory, a copy of it in the store now and
 * then, and a sample a minute for graphs.
 *
 * W1. A beat costs no statement. Each second a few statements write what is due, of many agents each,
 *     so that the store is never busy with beats for long.
 * W2. Nothing hangs on what is written here: leases live in memory (lease.ts), and a control plane
 *     that starts gives fresh ones. A write that fails is made up for by the next.
 * W3. A sample is written once its minute is over, or when the control plane stops.
 */
import type { Logger } from 'pino'

import type { Clock } from '../../lib/clock.ts'
import type { Heartbeat } from '../../proto/gen/sluice/agent/v1/Heartbeat.ts'
import type { AgentSample } from '../store/agent-samples/agent-sample.ts'
import type { AgentHeartbeat } from '../store/agents/record-heartbeats.ts'
import type { AgentRecord } from './agent-record.ts'
import type { BeatStore } from './beat-store.ts'
import { MINUTE_MS, SampleMinute } from './sample-minute.ts'

const TICK_MS = 1_000
/** A beat is in the store this long after it was heard, and so often in all. */
const SAVE_AFTER_MS = 60_000
/** Of one statement: some milliseconds of the embedded store. */
const ROWS_PER_STATEMENT = 200
/** Samples that wait for a store that does not take them; then the oldest are dropped. */
const SAMPLES_WAITING_MAX = 100_000
/** The samples of a minute are written within this part of the next one. */
const SAMPLES_SPREAD_TICKS = 30

export interface BeatWriterOptions {
  readonly store: BeatStore
  readonly clock: Clock
  readonly leaseMs: number
  readonly log: Logger
}

export class BeatWriter {
  readonly #options: BeatWriterOptions
  /** Agents with a beat that is not in the store, the oldest wait first. Bounded by the agents. */
  readonly #unsaved = new Map<AgentRecord, number>()
  /** Agents with a minute that has begun. Bounded by the agents. */
  readonly #minutes = new Map<AgentRecord, SampleMinute>()
  #samples: AgentSample[] = []
  #samplesPerTick = ROWS_PER_STATEMENT
  #sweptMinute = 0
  #writing: Promise<void> = Promise.resolve()
  #isWriting = false
  #cancel: () => void = () => {}

  constructor(options: BeatWriterOptions) {
    this.#options = options
    this.#sweptMinute = minuteOf(options.clock.nowMs())
  }

  start(): void {
    this.#cancel = this.#options.clock.after(TICK_MS, () => this.#tick())
  }

  /** W3: everything is written now, part of a minute or not. */
  async stop(): Promise<void> {
    this.#cancel()
    await this.#writing
    for (const record of this.#minutes.keys()) this.#closeMinute(record)
    await this.#write(Infinity, Infinity)
  }

  heard(record: AgentRecord, heartbeat: Heartbeat): void {
    const atMs = this.#options.clock.nowMs()
    // Its session may be over before the beat is stored, and the beat is the agent's all the same.
    record.lastBeat = { heartbeat, atMs, sessionEpoch: record.session?.epoch ?? 0 }
    if (!this.#unsaved.has(record)) this.#unsaved.set(record, atMs)
    let minute = this.#minutes.get(record)
    if (minute?.covers(atMs) !== true) {
      this.#closeMinute(record)
      minute = new SampleMinute(atMs)
      this.#minutes.set(record, minute)
    }
    minute.add(heartbeat)
  }

  #tick(): void {
    const { clock } = this.#options
    this.#cancel = clock.after(TICK_MS, () => this.#tick())
    const nowMs = clock.nowMs()
    this.#sweepMinutes(nowMs)
    if (this.#isWriting) return // the store is behind: what is due waits for it
    this.#isWriting = true
    this.#writing = this.#write(nowMs - SAVE_AFTER_MS, this.#samplesPerTick).finally(() => {
      this.#isWriting = false
    })
  }

  /** Once a minute: also those that have fallen silent. */
  #sweepMinutes(nowMs: number): void {
    const minute = minuteOf(nowMs)
    if (minute === this.#sweptMinute) return
    this.#sweptMinute = minute
    for (const [record, open] of this.#minutes) {
      if (!open.covers(nowMs)) this.#closeMinute(record)
    }
    this.#samplesPerTick = Math.max(
      ROWS_PER_STATEMENT,
      Math.ceil(this.#samples.length / SAMPLES_SPREAD_TICKS),
    )
  }

  #closeMinute(record: AgentRecord): void {
    const minute = this.#minutes.get(record)
    if (minute === undefined) return
    this.#minutes.delete(record)
    this.#samples.push(minute.sample(record.agentId))
    const surplus = this.#samples.length - SAMPLES_WAITING_MAX
    if (surplus <= 0) return
    this.#samples.splice(0, surplus)
    this.#options.log.warn(
      { samples: surplus },
      'samples of agents are dropped: no store took them',
    )
  }

  /** Never rejects. W1 */
  async #write(heardUntilMs: number, samplesMax: number): Promise<void> {
    try {
      await this.#writeBeats(heardUntilMs)
      await this.#writeSamples(samplesMax)
    } catch (error) {
      this.#options.log.error({ err: error }, 'beats of agents cannot be stored just now') // W2
    }
  }

  async #writeBeats(heardUntilMs: number): Promise<void> {
    for (;;) {
      const batch: AgentHeartbeat[] = []
      for (const [record, heardMs] of this.#unsaved) {
        if (heardMs > heardUntilMs || batch.length === ROWS_PER_STATEMENT) break
        this.#unsaved.delete(record)
        const beat = this.#storedBeat(record)
        if (beat !== null) batch.push(beat)
      }
      if (batch.length === 0) return
      await this.#options.store.saveBeats(batch)
    }
  }

  async #writeSamples(samplesMax: number): Promise<void> {
    for (let written = 0; written < samplesMax && this.#samples.length > 0;) {
      const batch = this.#samples.splice(0, ROWS_PER_STATEMENT)
      written += batch.length
      try {
        await this.#options.store.saveSamples(onceEach(batch))
      } catch (error) {
        this.#samples.unshift(...batch)
        throw error
      }
    }
  }

  #storedBeat(record: AgentRecord): AgentHeartbeat | null {
    const { lastBeat, revoked, told } = record
    if (lastBeat === null || revoked) return null
    return {
      agentId: record.agentId,
      sessionEpoch: lastBeat.sessionEpoch,
      state: record.storedState,
      heartbeat: lastBeat.heartbeat,
      heartbeatAtMs: lastBeat.atMs,
      leaseUntilMs: lastBeat.atMs + (told?.leaseMs ?? this.#options.leaseMs),
    }
  }
}

function minuteOf(nowMs: number): number {
  return Math.floor(nowMs / MINUTE_MS)
}

/** A wall clock that goes back makes a minute twice: the first part of it is left out. */
function onceEach(samples: readonly AgentSample[]): AgentSample[] {
  return [...new Map(samples.map((one) => [`${one.agentId} ${one.atMs}`, one])).values()]
}
