import type { IncomingMessage, ServerResponse } from 'node:http'

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
/** What every route is given. Made once, in wiring/web.ts. */
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'

import type { Audit } from '../audit/audit.ts'
import type { Connectivity } from '../connectivity/connectivity.ts'
import type { Installer } from '../install/installer.ts'
import type { AgentRequests } from '../run/agent-requests.ts'
import type { Runs } from '../run/run-port.ts'
import type { SecretKey } from '../secrets/seal.ts'
import type { Database } from '../store/database.ts'
import type { UpgradeControl } from '../upgrade/upgrade-port.ts'
import type { AgentControl } from './agent-control.ts'

/** A server whose handlers get their types from the TypeBox schemas of the route. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** What a host needs to enrol an agent. */
export interface EnrolmentInfo {
  /** host:port of the agent link as hosts reach it. */
  readonly linkAddress: string
  /** SHA-256 of the control plane's CA certificate (DER), lower-case hex. */
  readonly caFingerprint: string
  /** The command line that enrols a host with this token. */
  readonly enrolCommand: (token: string) => string
}

/** Tests on demand, and what the schedule has to hear of. */
export type ConnectivityControl = Pick<
  Connectivity,
  'demand' | 'datasourceChanged' | 'datasourceDeleted' | 'jobsChanged'
>

/** What is asked of a host through its agent, and what is carried to one. */
export interface HostControl {
  readonly ask: AgentRequests['ask']
  readonly installer: Pick<Installer, 'selfExtracting'>
}

export interface ApiContext {
  readonly db: Database
  readonly runs: Runs
  readonly agents: AgentControl
  readonly secretKey: SecretKey
  readonly enrolment: EnrolmentInfo
  readonly upgrades: UpgradeControl
  readonly audit: Audit
  readonly connectivity: ConnectivityControl
  readonly hosts: HostControl
  /** A group was made, changed or deleted, or an agent has another group: rules kept in memory are out of date. */
  readonly onGroupChanged: (groupId: number) => void
  /** IANA name: of jobs that name none. */
  readonly defaultTimeZone: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}
