import { performance } from 'node:perf_hooks'

/** Asks the event loop each time for which part (0 to 1) of the time since then it did not wait. */
export function loopBusy(): () => number {
  let last = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}
