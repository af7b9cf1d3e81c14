import type { IncomingMessage, ServerResponse } from 'node:http'

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
/** What every route is given. Made once, in main.ts. */
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'

import type { Runs } from '../run/run-port.ts'
import type { Database } from '../store/database.ts'
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
  /** SHA-256 of the control plane's CA certificate, hex with colons; null: the link has no TLS. */
  readonly caFingerprint: string | null
  /** PEM of that CA; null: the link has no TLS. Public. */
  readonly caPem: string | null
}

/** Keys of the store's sealed columns, behind functions. */
export interface Sealer {
  seal(plain: Uint8Array): Uint8Array
  open(sealed: Uint8Array): Uint8Array
}

export interface ApiContext {
  readonly db: Database
  readonly runs: Runs
  readonly agents: AgentControl
  readonly sealer: Sealer
  readonly enrolment: EnrolmentInfo
  /** Milliseconds since the epoch. */
  readonly now: () => number
}
