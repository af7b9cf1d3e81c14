import type { Logger } from 'pino'

import type { Clock } from '../../lib/clock.ts'
import type { Audit } from '../audit/audit.ts'
import type { WorkEvents } from '../run/link-port.ts'
import type { AgentRecord, AgentSession } from './agent-record.ts'
import type { LinkSettings } from './link-settings.ts'
import type { LinkStore } from './link-store.ts'
import type { Registry } from './registry.ts'

/** What every part of the link works with. Made once, by the server. */
export interface LinkContext {
  readonly settings: LinkSettings
  readonly clock: Clock
  readonly store: LinkStore
  readonly events: WorkEvents
  readonly registry: Registry
  readonly audit: Audit
  readonly log: Logger
}

/** What a frame's handler works with. */
export interface FrameContext {
  readonly link: LinkContext
  readonly record: AgentRecord
  readonly session: AgentSession
}
