/**
 * How alive an agent is, from nothing but the time of its last sign of life. Pure.
 *
 * L1. Nobody is lost before leaseMs + graceMs have gone by in silence. A broken stream is not
 *     silence yet: the lease runs on, and a reconnect inside it keeps the agent's work.
 * L2. Silence counts only while this process was listening: whoever was not able to hear (start,
 *     a pause of the process, a stream that we ourselves do not read) gives a fresh lease.
 * L3. While a fleet comes back faster than it can be let in, those who are not in yet are not silent:
 *     they wait. Bounded, so that a dead agent is found out all the same.
 */
import type { LinkSettings } from './link-settings.ts'

export type Presence = 'online' | 'suspect' | 'offline'

/** Two beats are missing, and half of a third has gone by. */
const SUSPECT_AFTER_BEATS = 2.5

type LeaseTimes = Pick<LinkSettings, 'leaseMs' | 'beatMs' | 'graceMs'>

export function presenceAfter(silentMs: number, times: LeaseTimes): Presence {
  if (silentMs >= times.leaseMs + times.graceMs) return 'offline' // L1
  if (silentMs >= times.beatMs * SUSPECT_AFTER_BEATS) return 'suspect'
  return 'online'
}

/**
 * How long this process was not listening between two looks, because it was busy with something
 * else: time that is nobody's silence (L2). 0: it was on time.
 */
export function lateMs(
  sinceLastLookMs: number,
  { sweepMs }: Pick<LinkSettings, 'sweepMs'>,
): number {
  const late = sinceLastLookMs - sweepMs
  return late > sweepMs ? late : 0
}

/** This process did not look for so long that it cannot tell silence from its own deafness (L2). */
export function wasDeaf(sinceLastLookMs: number, times: LeaseTimes): boolean {
  return sinceLastLookMs > times.leaseMs / 2
}

/** Handshakes and Hellos that a control plane on two cores gets through in a second, with room to spare. */
const RETURNS_PER_SECOND = 150

/**
 * After a start: how much longer than a lease agents have to come back, because all of them come at
 * once and their handshakes are served side by side: none is through before most are.
 */
export function returnMs(agents: number): number {
  return Math.ceil((agents / RETURNS_PER_SECOND) * 1_000)
}
