import type { Logger } from 'pino'

import type { Clock } from '../../lib/clock.ts'
import type { Audit } from '../audit/audit.ts'
import type { WorkEvents } from '../run/link-port.ts'
import type { AgentCertificates } from '../tls/agent-certificates.ts'
import type { UpgradeEvents } from '../upgrade/upgrade-port.ts'
import type { AdmissionGate } from './admission-gate.ts'
import type { AgentRecord, AgentSession } from './agent-record.ts'
import type { AssignLatency } from './assign-latency.ts'
import type { BeatPace } from './beat-pace.ts'
import type { BeatWriter } from './beat-writer.ts'
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
  readonly beats: BeatWriter
  readonly pace: BeatPace
  readonly gate: AdmissionGate
  readonly latency: AssignLatency
  readonly upgrades: UpgradeEvents
  readonly audit: Audit
  readonly certificates: AgentCertificates
  /** SHA-256 (hex) of the CA's certificate: part of every enrolment token. */
  readonly caFingerprint: string
  /** Ed25519 public key that agents check bundles with; '': this control plane has none. */
  readonly releaseKeyPem: string
  readonly log: Logger
}

/** What a frame's handler works with. */
export interface FrameContext {
  readonly link: LinkContext
  readonly record: AgentRecord
  readonly session: AgentSession
}
