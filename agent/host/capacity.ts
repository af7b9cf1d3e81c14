/** How much of a host an agent may use, and how many slices at once that carries. Pure. */

/**
 * Measured with slices of 64 MB from a local broker: an agent with 2 channels takes about 265 MB,
 * one with 4 about 320 MB, and a channel keeps about half a core busy.
 */
const CHANNELS_PER_CORE = 2
const AGENT_BYTES = 210 * 1024 ** 2
/** What was measured, 28 MB, is a quiet channel: two Fetch answers of large records are more. */
const CHANNEL_BYTES = 64 * 1024 ** 2
/** Left to everything else on a host; inside a container's limit there is nothing else. */
const HOST_RESERVE_BYTES = 512 * 1024 ** 2
export const AUTO_CHANNELS_MAX = 64

/** null: no limit. */
export interface CgroupLimits {
  readonly cpuCores: number | null
  readonly memoryBytes: number | null
}

export interface Capacity {
  /** May be a part of a core. */
  readonly cpuCores: number
  readonly memoryBytes: number
  /** The memory is a limit of the agent's own, not the host's. */
  readonly isMemoryLimited: boolean
}

/** @param host cores that the process may be scheduled on, and all of the memory */
export function usableCapacity(
  host: { readonly cpuCores: number; readonly memoryBytes: number },
  limits: CgroupLimits,
): Capacity {
  const memoryBytes = Math.min(host.memoryBytes, limits.memoryBytes ?? Infinity)
  return {
    cpuCores: Math.min(host.cpuCores, limits.cpuCores ?? Infinity),
    memoryBytes,
    isMemoryLimited: memoryBytes < host.memoryBytes,
  }
}

/** Slices at once: at least 1, whatever there is. */
export function channelsFor({ cpuCores, memoryBytes, isMemoryLimited }: Capacity): number {
  const byCpu = Math.floor(cpuCores * CHANNELS_PER_CORE)
  const free = memoryBytes - AGENT_BYTES - (isMemoryLimited ? 0 : HOST_RESERVE_BYTES)
  const byMemory = Math.floor(free / CHANNEL_BYTES)
  return Math.max(1, Math.min(byCpu, byMemory, AUTO_CHANNELS_MAX))
}
