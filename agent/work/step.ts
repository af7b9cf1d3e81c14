/** What every step is given. */
import { setTimeout as sleep } from 'node:timers/promises'

import type { Cluster } from '../kafka/cluster.ts'
import type { Clock } from './throttle.ts'

export interface StepContext {
  readonly signal: AbortSignal
  readonly log: (level: 'info' | 'warn', message: string) => void
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal })
  },
}

/** Runs `use` with the cluster and closes it, at once when the signal fires: whatever is under way ends then. */
export async function withCluster<T>(
  cluster: Cluster,
  signal: AbortSignal,
  use: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const close = (): void => cluster.close()
  signal.addEventListener('abort', close, { once: true })
  try {
    signal.throwIfAborted()
    return await use(cluster)
  } finally {
    signal.removeEventListener('abort', close)
    cluster.close()
  }
}

/** Runs `use` with something that is closed afterwards. */
export async function withOpen<C extends { close(): void }, T>(
  open: C,
  use: (open: C) => Promise<T>,
): Promise<T> {
  try {
    return await use(open)
  } finally {
    open.close()
  }
}
