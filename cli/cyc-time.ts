/** The planned time of a run, as `--cyctime` takes it. */
import { DateTime, IANAZone } from 'luxon'

import { UsageError } from './client-error.ts'

/**
 * `20261122180000`, `202611221800`, or ISO 8601. A time without an offset of its own is in `zone`.
 * @returns milliseconds since the epoch
 */
export function parseCycTime(text: string, zone: string): number {
  if (!IANAZone.isValidZone(zone)) {
    throw new UsageError(`--timezone takes a name like Asia/Shanghai, found: ${zone}`)
  }
  const parsed = /^\d{14}$/.test(text)
    ? DateTime.fromFormat(text, 'yyyyMMddHHmmss', { zone })
    : /^\d{12}$/.test(text)
      ? DateTime.fromFormat(text, 'yyyyMMddHHmm', { zone })
      : DateTime.fromISO(text, { zone })
  if (!parsed.isValid) {
    const forms = 'yyyymmddhhmmss or ISO 8601, 20261122180000 or 2026-11-22T18:00:00+08:00'
    throw new UsageError(`--cyctime takes ${forms}, found: ${text}`)
  }
  return parsed.toMillis()
}

/** `2026-11-22 18:00:00 Asia/Shanghai`: as parameters see it. */
export function formatCycTime(ms: number, zone: string): string {
  return `${DateTime.fromMillis(ms, { zone }).toFormat('yyyy-MM-dd HH:mm:ss')} ${zone}`
}
