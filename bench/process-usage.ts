/** What Linux says of a process: CPU time and peak resident memory. */
import { readFileSync, writeFileSync } from 'node:fs'

/** Of `/proc/<pid>/stat`; the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100
/** Written to `/proc/<pid>/clear_refs`: forget the peak. */
const RESET_PEAK = '5'

/** CPU seconds of the process and its threads so far. */
export function cpuSeconds(pid: number): number {
  const [user, system] = statTimes(pid)
  return user + system
}

/** CPU seconds of this process's children that have ended. */
export function endedChildrenCpuSeconds(): number {
  const [, , user, system] = statTimes('self')
  return user + system
}

function statTimes(pid: number | 'self'): readonly [number, number, number, number] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in brackets may hold anything; behind it: state is field 3, utime field 14.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const seconds = (field: number): number => Number(fields[field - 3]) / TICKS_PER_SECOND
  return [seconds(14), seconds(15), seconds(16), seconds(17)]
}

/** Peak resident memory in bytes; 0 when the process has ended. */
export function peakRssBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

/** From here on `peakRssBytes` is the peak since now. */
export function resetPeakRss(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, RESET_PEAK)
}
