/**
 * How busy the host is, sampled in the background: whoever asks gets the latest sample at once, so
 * that a heartbeat never waits for a slow disk or /proc.
 */
import { statfs } from 'node:fs/promises'
import { loadavg } from 'node:os'

import type { Logger } from 'pino'
import { currentLoad, mem, networkStats } from 'systeminformation'

import type { Clock } from '../../lib/clock.ts'

export interface HostLoad {
  /** Of all cores, 0..100. */
  readonly cpuPercent: number
  readonly memoryTotalBytes: number
  readonly memoryUsedBytes: number
  readonly load1: number
  /** Of the file system that holds the agent's state. */
  readonly diskTotalBytes: number
  readonly diskFreeBytes: number
  /** A second, since the sample before; all interfaces but loopback. */
  readonly networkReceivedBytes: number
  readonly networkSentBytes: number
}

export interface LoadSampler {
  readonly latest: () => HostLoad
  readonly stop: () => void
}

export type SampleLoad = () => Promise<HostLoad>

/** Resolves when the first sample is there. A sample that fails leaves the one before. */
export async function startLoadSampler(options: {
  readonly sample: SampleLoad
  readonly clock: Clock
  readonly everyMs: number
  readonly log: Logger
}): Promise<LoadSampler> {
  const { sample, clock, everyMs, log } = options
  let latest = await sample()
  let stopped = false
  let cancel = (): void => {}
  const again = async (): Promise<void> => {
    try {
      latest = await sample()
    } catch (error) {
      log.warn({ err: error }, 'cannot read how busy the host is')
    }
    if (!stopped) cancel = clock.after(everyMs, () => void again())
  }
  cancel = clock.after(everyMs, () => void again())
  return {
    latest: () => latest,
    stop: () => {
      stopped = true
      cancel()
    },
  }
}

export function hostLoadSample(stateDir: string): SampleLoad {
  return async () => {
    const [cpu, memory, disk, network] = await Promise.all([
      currentLoad(),
      mem(),
      statfs(stateDir),
      networkStats('*'),
    ])
    const interfaces = network.filter(({ iface }) => iface !== 'lo')
    return {
      cpuPercent: Math.min(100, Math.max(0, cpu.currentLoad)),
      memoryTotalBytes: memory.total,
      memoryUsedBytes: memory.total - memory.available,
      load1: loadavg()[0] ?? 0,
      diskTotalBytes: disk.blocks * disk.bsize,
      diskFreeBytes: disk.bavail * disk.bsize,
      networkReceivedBytes: perSecond(interfaces.map(({ rx_sec }) => rx_sec)),
      networkSentBytes: perSecond(interfaces.map(({ tx_sec }) => tx_sec)),
    }
  }
}

/** The first sample knows no rate yet, and an interface that was made anew may count backwards. */
function perSecond(rates: readonly (number | null)[]): number {
  return Math.round(rates.reduce<number>((sum, rate) => sum + Math.max(0, rate ?? 0), 0))
}
