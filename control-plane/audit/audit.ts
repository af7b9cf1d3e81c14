/** Who did what, and who was refused. What is recorded never holds a secret. */

export const AUDIT_KINDS = [
  // agents and who says he is one
  'token.created',
  'token.deleted',
  'enrol.accepted',
  'enrol.refused', // unknown, expired or used token; another host than was registered; foreign key
  'store.wentBack', // an agent remembers a session that the store does not know
  'hello.refused', // unknown, revoked or foreign certificate; protocol broken
  'protocol.broken', // frames out of order, with a wrong epoch, or too large
  'access.refused', // an agent asked for what is not its own
  'certificate.renewed',
  'agent.quarantined',
  'agent.copyResolved',
  'agent.drained',
  'agent.resumed',
  'agent.revoked',
  'agent.deleted',
  'agent.changed',
  'agent.uninstalled',
  // groups and what runs in them
  'group.created',
  'group.changed',
  'group.deleted',
  'run.refused',
  'upgrade.started',
  'upgrade.changed',
  // people
  'api.refused',
  'audit.dropped', // the store was away for too long
] as const

export type AuditKind = (typeof AUDIT_KINDS)[number]

export interface AuditEvent {
  readonly kind: AuditKind
  /** Name of the API token; or `agent`, or `control plane`. */
  readonly actor: string
  readonly agentId?: string
  readonly group?: string
  /** Address that called. */
  readonly peer?: string
  readonly message: string
  /** JSON, small. */
  readonly detail?: unknown
}

/** Never throws and never waits: events are queued (bounded; what is dropped is counted and said) and written in order. */
export type Audit = (event: AuditEvent) => void
