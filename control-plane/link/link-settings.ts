/** Every duration and bound of the agent link, in one object: tests and chaos runs shorten them. */
export interface LinkSettings {
  /** How long an agent counts as alive after its last beat. */
  readonly leaseMs: number
  /** How often an agent beats; told to it in Welcome and in every HeartbeatAck. */
  readonly beatMs: number
  /** Added to the lease before an agent is declared lost. */
  readonly graceMs: number
  /** How often leases are looked at. */
  readonly sweepMs: number
  /** An Assign without Accept or Reject for this long is withdrawn. */
  readonly acceptTimeoutMs: number
  /** From the opening of a stream to its Hello. */
  readonly helloTimeoutMs: number
  /** From Welcome to Reconciled. */
  readonly reconcileTimeoutMs: number
  /** How long an open session is waited for when another process says Hello as its agent. */
  readonly probeMs: number
  /** How long a draining agent may finish what runs, where the operator names no deadline. */
  readonly drainMs: number
  /** On shutdown: agents come back after a random part of this, so that they do not come all at once. */
  readonly reconnectSpreadMs: number
}

export const DEFAULT_LINK_SETTINGS: LinkSettings = {
  leaseMs: 20_000,
  beatMs: 5_000,
  graceMs: 2_000,
  sweepMs: 1_000,
  acceptTimeoutMs: 3_000,
  helloTimeoutMs: 10_000,
  reconcileTimeoutMs: 20_000,
  probeMs: 2_000,
  drainMs: 10 * 60_000,
  reconnectSpreadMs: 3_000,
}

/** Steps and queries (everything but slices) that one agent is given at once. */
export const STEPS_PER_AGENT_MAX = 8

/** Answers are wrong when these do not hold: says which one, or null. */
export function linkSettingsProblem(settings: LinkSettings): string | null {
  if (settings.beatMs * 3 > settings.leaseMs) {
    return `beatMs (${settings.beatMs}) must be at most a third of leaseMs (${settings.leaseMs})`
  }
  if (settings.sweepMs * 2 > settings.leaseMs) {
    return `sweepMs (${settings.sweepMs}) must be at most half of leaseMs (${settings.leaseMs})`
  }
  for (const [name, value] of Object.entries(settings)) {
    if (!Number.isSafeInteger(value) || value < 0) return `${name} must be a whole number >= 0`
  }
  return null
}
