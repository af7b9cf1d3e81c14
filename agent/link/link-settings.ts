/** Durations of the agent's end of the link: tests and chaos runs shorten them. */
export interface AgentLinkSettings {
  /** Reconnects: full jitter between these two. */
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
  /** Whoever is turned away by name asks again after this long, or half of it. */
  readonly fencedRetryMs: number
  /** A session that held for this long starts the back-off anew. */
  readonly heldMs: number
  /** From dialling to Welcome. */
  readonly welcomeTimeoutMs: number
  /** Work goes on for this long without the control plane, then it is dropped. */
  readonly offlineBudgetMs: number
  /** How long Reconciled waits for stopped work to leave its channel. */
  readonly stopWaitMs: number
  /** At most one progress frame an attempt in this time. */
  readonly progressMs: number
  /** On SIGTERM: how long running work may go on. */
  readonly drainMs: number
  /** How long results may wait for their ResultAck, and the stream for its end, when the agent stops. */
  readonly farewellMs: number
  /** Log lines are collected for this long before they are sent. */
  readonly logFlushMs: number
  /** How often the host's load is sampled. */
  readonly sampleMs: number
}

export const DEFAULT_AGENT_LINK_SETTINGS: AgentLinkSettings = {
  backoffMinMs: 500,
  // A control plane that starts anew has its agents back soon: vain dials are cheap.
  backoffMaxMs: 10_000,
  fencedRetryMs: 30_000,
  heldMs: 10_000,
  welcomeTimeoutMs: 30_000,
  offlineBudgetMs: 10 * 60_000,
  stopWaitMs: 5_000,
  progressMs: 1_000,
  drainMs: 30_000,
  farewellMs: 3_000,
  logFlushMs: 250,
  sampleMs: 5_000,
}
