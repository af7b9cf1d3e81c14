/** The beats of one agent in one minute, folded into one sample. Pure. */
import type { Heartbeat } from '../../proto/gen/sluice/agent/v1/Heartbeat.ts'
import type { AgentSample } from '../store/agent-samples/agent-sample.ts'

export const MINUTE_MS = 60_000
/** Of an integer column: a clock may be off by more than 24 days. */
const INTEGER_MAX = 2 ** 31 - 1

export class SampleMinute {
  readonly atMs: number
  #beats = 0
  #cpu = 0
  #cpuMax = 0
  #memoryUsed = 0
  #memoryTotal = 0
  #rss = 0
  #load1 = 0
  #diskFree = 0
  #received = 0
  #sent = 0
  #clockOffset = 0
  #roundTripMax = 0
  #channels = 0
  #busyMax = 0

  constructor(nowMs: number) {
    this.atMs = nowMs - (nowMs % MINUTE_MS)
  }

  covers(nowMs: number): boolean {
    return nowMs >= this.atMs && nowMs < this.atMs + MINUTE_MS
  }

  add(beat: Heartbeat): void {
    this.#beats += 1
    this.#cpu += beat.cpuPercent
    this.#cpuMax = Math.max(this.#cpuMax, beat.cpuPercent)
    this.#memoryUsed += beat.memoryUsedBytes
    this.#memoryTotal += beat.memoryTotalBytes
    this.#rss += beat.processRssBytes
    this.#load1 += beat.load1
    this.#diskFree += beat.diskFreeBytes
    this.#received += beat.networkReceivedBytes
    this.#sent += beat.networkSentBytes
    this.#clockOffset += beat.clockOffsetMs
    this.#roundTripMax = Math.max(this.#roundTripMax, beat.roundTripMs)
    this.#channels = Math.max(this.#channels, beat.channels)
    this.#busyMax = Math.max(this.#busyMax, beat.channels - beat.freeChannels)
  }

  /** At least one beat was added. */
  sample(agentId: string): AgentSample {
    const mean = (sum: number): number => finite(sum / this.#beats)
    return {
      agentId,
      atMs: this.atMs,
      beats: this.#beats,
      cpuPercent: mean(this.#cpu),
      cpuPercentMax: finite(this.#cpuMax),
      memoryUsedBytes: Math.round(mean(this.#memoryUsed)),
      memoryTotalBytes: Math.round(mean(this.#memoryTotal)),
      processRssBytes: Math.round(mean(this.#rss)),
      load1: mean(this.#load1),
      diskFreeBytes: Math.round(mean(this.#diskFree)),
      networkReceivedBytes: Math.round(mean(this.#received)),
      networkSentBytes: Math.round(mean(this.#sent)),
      clockOffsetMs: integer(mean(this.#clockOffset)),
      roundTripMsMax: integer(this.#roundTripMax),
      channels: integer(this.#channels),
      busyChannelsMax: integer(this.#busyMax),
    }
  }
}

/** An agent that reports NaN must not spoil the minute of all others. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0
}

function integer(value: number): number {
  return Math.max(-INTEGER_MAX, Math.min(INTEGER_MAX, Math.round(value)))
}
