import { fail, type HostCheck, ok, warn } from './host-check.ts'

/** Leases survive any offset; certificates, signatures of MaxCompute's requests and begin times do not. */
const WARN_MS = 30_000
const FAIL_MS = 120_000
const ADVICE = 'set the clock and keep it set (chronyd, systemd-timesyncd or ntpd)'

/** `offsetMs`: how far this host is ahead of the control plane; negative: behind. */
export function checkClock(offsetMs: number): HostCheck {
  const size = Math.abs(offsetMs)
  const detail =
    size < 1_000
      ? 'the same as the control plane has'
      : `${formatSpan(size)} ${offsetMs > 0 ? 'ahead of' : 'behind'} the control plane`
  if (size > FAIL_MS) return fail('clock', detail, ADVICE)
  return size > WARN_MS ? warn('clock', detail, ADVICE) : ok('clock', detail)
}

/** The offset, from one question: its answer is taken to have been half way. */
export function clockOffsetMs(
  askedAtMs: number,
  answeredAtMs: number,
  planeTimeMs: number,
): number {
  return Math.round((askedAtMs + answeredAtMs) / 2 - planeTimeMs)
}

/** `3 min 2 s`, `1 h 0 min`, `2 d 3 h` */
export function formatSpan(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ]
  const first = units.findIndex(([, size]) => seconds >= size)
  const [unit, size] = units[first] ?? ['s', 1]
  const whole = `${Math.floor(seconds / size)} ${unit}`
  const next = units[first + 1]
  return next === undefined
    ? whole
    : `${whole} ${Math.floor((seconds % size) / next[1])} ${next[0]}`
}
