/**
 * Who calls: the agent that the client certificate names, if our CA signed it, its key is the stored
 * one, and the agent is not revoked. Unknown agents and foreign keys get the same answer.
 */
import type { Metadata } from '@grpc/grpc-js'

import { PROCESS_ID_KEY } from '../../proto/link-metadata.ts'
import type { AgentCertificate } from '../tls/agent-certificates.ts'
import type { AgentRecord } from './agent-record.ts'
import type { LinkContext } from './link-context.ts'
import type { StoredAgent } from './link-store.ts'
import { peerOf } from './peer.ts'

export interface Caller {
  readonly agent: StoredAgent
  readonly certificate: AgentCertificate
  /** The same object for every call on one connection. */
  readonly connection: object
}

export interface Refusal {
  readonly ok: false
  readonly reason: 'UNKNOWN_AGENT' | 'REVOKED' | 'CERTIFICATE_EXPIRED'
  /** Of whom it says to be, when our CA says so too. */
  readonly agentId: string | null
  readonly message: string
}

export type Authentication = { readonly ok: true; readonly caller: Caller } | Refusal

/** A server's call, as far as it is needed to know who calls. */
export interface AgentCall {
  readonly metadata: Metadata
  getPeer(): string
}

/** Of a connection: the certificate that it showed, or was given by Enrol. */
const verified = new WeakMap<object, AgentCertificate | null>()

/**
 * An agent was enrolled by this call. When the connection was made with the agent's own key, in whatever
 * certificate, it is the agent's from now on: TLS has proved the key, which is all that a new connection
 * with the new certificate would prove.
 */
export function recogniseEnrolled(
  link: LinkContext,
  call: AgentCall,
  certificate: AgentCertificate,
): void {
  const { connection, certificate: shown } = peerOf(call)
  if (shown === null || !link.certificates.isOfKey(shown, certificate.publicKeyHash)) return
  verified.set(connection, certificate)
}

/** Also of an expired certificate: whoever may not come with one says so by itself. */
export async function authenticateAnyAge(
  link: LinkContext,
  call: AgentCall,
): Promise<Authentication> {
  const { connection, certificate: shown } = peerOf(call)
  if (shown === null) {
    return refuse('UNKNOWN_AGENT', null, 'the call carries no client certificate')
  }
  let certificate = verified.get(connection)
  if (certificate === undefined) {
    certificate = link.certificates.identify(shown)
    verified.set(connection, certificate)
  }
  if (certificate === null) {
    return refuse(
      'UNKNOWN_AGENT',
      null,
      'the certificate was not made by this control plane; enrol this host again with a new token',
    )
  }
  const { agentId } = certificate
  const agent = await link.store.findAgent(agentId)
  if (agent === null || agent.publicKeyHash !== certificate.publicKeyHash) {
    return refuse(
      'UNKNOWN_AGENT',
      agentId,
      `agent ${agentId} is not known here with this key; enrol this host again with a new token`,
    )
  }
  if (agent.state === 'revoked') {
    return refuse(
      'REVOKED',
      agentId,
      `agent ${agent.name} (${agentId}) was revoked; enrol this host again with a new token`,
    )
  }
  return { ok: true, caller: { agent, certificate, connection } }
}

/** For a new session. */
export async function authenticate(link: LinkContext, call: AgentCall): Promise<Authentication> {
  const found = await authenticateAnyAge(link, call)
  return found.ok && isExpired(link, found.caller) ? expired(found.caller) : found
}

/**
 * For calls beside a session (logs, bodies, bundles): they come from the process that said Hello, and
 * on the session's connection they live as long as the session, whose certificate may have been
 * renewed since the connection was made.
 */
export async function authenticateBesideSession(
  link: LinkContext,
  call: AgentCall,
): Promise<(Authentication & { readonly ok: true; readonly record: AgentRecord }) | Refusal> {
  const found = await authenticateAnyAge(link, call)
  if (!found.ok) return found
  const { agent, connection } = found.caller
  const record = link.registry.obtain(agent, 'offline', link.clock.monotonicMs())
  const isOfSession = record.session?.connection === connection
  if (!isOfSession && isExpired(link, found.caller)) return expired(found.caller)
  const processId = String(call.metadata.get(PROCESS_ID_KEY)[0] ?? '')
  if (processId !== record.known.processId) {
    return refuse(
      'UNKNOWN_AGENT',
      agent.agentId,
      `the call is not of the process that said hello as agent ${agent.name}`,
    )
  }
  return { ...found, record }
}

/** What was refused, for the audit: once a call. */
export function auditRefusal(link: LinkContext, call: AgentCall, refusal: Refusal): void {
  link.audit({
    kind: 'hello.refused',
    actor: 'agent',
    ...(refusal.agentId === null ? {} : { agentId: refusal.agentId }),
    peer: call.getPeer(),
    message: refusal.message,
    detail: { reason: refusal.reason },
  })
}

function isExpired(link: LinkContext, { certificate }: Caller): boolean {
  return certificate.untilMs <= link.clock.nowMs()
}

function expired({ agent, certificate }: Caller): Refusal {
  const since = new Date(certificate.untilMs).toISOString()
  const message = `the certificate of agent ${agent.name} expired at ${since}: renew it`
  return refuse('CERTIFICATE_EXPIRED', agent.agentId, message)
}

function refuse(reason: Refusal['reason'], agentId: string | null, message: string): Refusal {
  return { ok: false, reason, agentId, message }
}
