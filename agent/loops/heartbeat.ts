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
  stop(): void
}

/** Beats at once and then every `beatMs`. Nothing here waits for anything. */
export function startHeartbeat(options: HeartbeatOptions, beatMs: number): HeartbeatLoop {
  let everyMs = beatMs
  let beatNo = 0
  let cancel = (): void => {}
  const beat = (): void => {
    cancel = options.clock.after(everyMs, beat)
    beatNo += 1
    options.send(heartbeat(options, beatNo))
  }
  beat()
  return {
    setBeatMs: (ms) => {
      if (ms === everyMs) return
      everyMs = ms
      cancel()
      cancel = options.clock.after(everyMs, beat)
    },
    stop: () => cancel(),
  }
}

function heartbeat({ clock, facts, load, use }: HeartbeatOptions, beatNo: number): HeartbeatInput {
  const { cpuPercent, memoryTotalBytes, memoryUsedBytes, load1, ...disk } = load()
  return {
    uuid: facts.dmiUuid,
    hostname: facts.hostname,
    ips: facts.ips,
    cpuPercent,
    memoryTotalBytes,
    memoryUsedBytes,
    processRssBytes: process.memoryUsage.rss(),
    load1,
    ...disk,
    agentTimeMs: clock.nowMs(),
    ...use(),
    beatNo,
  }
}
