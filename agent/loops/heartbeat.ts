import type { Clock } from '../../lib/clock.ts'
import type { HeartbeatInput } from '../../proto/gen/sluice/agent/v1/Heartbeat.ts'
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import type { HostLoad } from '../host/load.ts'

export interface ChannelUse {
  readonly channels: number
  readonly freeChannels: number
  readonly inflight: number
}

export interface HeartbeatOptions {
  readonly clock: Clock
  readonly facts: HostFacts
  /** The latest sample: it must be there at once. */
  readonly load: () => HostLoad
  readonly use: () => ChannelUse
  readonly send: (heartbeat: HeartbeatInput) => void
}

export interface HeartbeatLoop {
  /** The control plane may stretch or shorten the beat at any time. */
  setBeatMs(beatMs: number): void
  /** The next beats say how far this host's clock is off, and how long the way there and back took. */
  acknowledged(beatNo: number, planeTimeMs: number): void
  stop(): void
}

/** Beats at once and then every `beatMs`. Nothing here waits for anything. */
export function startHeartbeat(options: HeartbeatOptions, beatMs: number): HeartbeatLoop {
  let everyMs = beatMs
  let beatNo = 0
  let sentAtMs = 0
  let sentMonotonicMs = 0
  let trip: RoundTrip = { clockOffsetMs: 0, roundTripMs: 0 }
  let cancel = (): void => {}
  const beat = (): void => {
    cancel = options.clock.after(everyMs, beat)
    beatNo += 1
    sentAtMs = options.clock.nowMs()
    sentMonotonicMs = options.clock.monotonicMs()
    options.send(heartbeat(options, beatNo, sentAtMs, trip))
  }
  beat()
  return {
    setBeatMs: (ms) => {
      if (ms === everyMs) return
      everyMs = ms
      cancel()
      cancel = options.clock.after(everyMs, beat)
    },
    acknowledged: (no, planeTimeMs) => {
      if (no !== beatNo) return // an older one: its time of sending is not known any more
      const roundTripMs = Math.round(options.clock.monotonicMs() - sentMonotonicMs)
      const clockOffsetMs = Math.round(sentAtMs + roundTripMs / 2 - planeTimeMs)
      trip = { clockOffsetMs, roundTripMs }
    },
    stop: () => cancel(),
  }
}

/** Of the last acknowledged beat. */
interface RoundTrip {
  readonly clockOffsetMs: number
  readonly roundTripMs: number
}

function heartbeat(
  { facts, load, use }: HeartbeatOptions,
  beatNo: number,
  agentTimeMs: number,
  trip: RoundTrip,
): HeartbeatInput {
  const { cpuPercent, memoryTotalBytes, memoryUsedBytes, load1, ...diskAndNetwork } = load()
  return {
    uuid: facts.dmiUuid,
    hostname: facts.hostname,
    ips: facts.ips,
    cpuPercent,
    memoryTotalBytes,
    memoryUsedBytes,
    processRssBytes: process.memoryUsage.rss(),
    load1,
    ...diskAndNetwork,
    ...trip,
    agentTimeMs,
    ...use(),
    beatNo,
  }
}
