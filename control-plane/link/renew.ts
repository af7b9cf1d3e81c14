/** The same key is given a new certificate: over the session, or by Renew when the old one is over. */
import { status } from '@grpc/grpc-js'
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js'

import type { RenewReplyInput } from '../../proto/gen/sluice/agent/v1/RenewReply.ts'
import type { RenewRequest } from '../../proto/gen/sluice/agent/v1/RenewRequest.ts'
import { AGENT_CERTIFICATE_MS } from '../tls/agent-certificates.ts'
import type { AgentRecord } from './agent-record.ts'
import { answerUnary, CallRefused } from './answer-unary.ts'
import { auditRefusal, authenticateAnyAge } from './authenticate.ts'
import type { Caller } from './authenticate.ts'
import type { LinkContext } from './link-context.ts'

/**
 * An agent that was away for longer is asked to enrol again: a key that lay around for so long may be
 * on a disk that somebody has thrown away.
 */
export const RENEWABLE_MS = 30 * 24 * 60 * 60 * 1000

export type Renewal =
  | { readonly kind: 'renewed'; readonly certificatePem: string; readonly untilMs: number }
  | { readonly kind: 'refused'; readonly message: string }

/** Rejects when the store is away. */
export async function renewCertificate(
  link: LinkContext,
  record: AgentRecord,
  csrDer: Uint8Array,
): Promise<Renewal> {
  const { agentId, name } = record
  const key = await link.certificates.readRequest(csrDer)
  if (key?.publicKeyHash !== record.publicKeyHash) {
    return { kind: 'refused', message: `agent ${name} asks for a certificate of another key` }
  }
  const nowMs = link.clock.nowMs()
  const untilMs = nowMs + AGENT_CERTIFICATE_MS
  const certificatePem = await link.certificates.issue(key, agentId, nowMs)
  await link.store.saveCertificate(agentId, untilMs)
  const message = `the certificate of agent ${name} was renewed`
  link.audit({ kind: 'certificate.renewed', actor: 'agent', agentId, message })
  return { kind: 'renewed', certificatePem, untilMs }
}

export function serveRenew(
  link: LinkContext,
  call: ServerUnaryCall<RenewRequest, RenewReplyInput>,
  reply: sendUnaryData<RenewReplyInput>,
): void {
  answerUnary(link, call, reply, async () => {
    const { agent } = await callerOfAnyAge(link, call)
    const record = link.registry.obtain(agent, 'offline', link.clock.monotonicMs())
    const renewed = await renewCertificate(link, record, call.request.csrDer)
    if (renewed.kind === 'refused') {
      throw new CallRefused(status.PERMISSION_DENIED, renewed.message)
    }
    return { certificatePem: renewed.certificatePem }
  })
}

/** Also with a certificate that is over, within RENEWABLE_MS. Rejects with CallRefused. */
export async function callerOfAnyAge(
  link: LinkContext,
  call: ServerUnaryCall<unknown, unknown>,
): Promise<Caller> {
  const found = await authenticateAnyAge(link, call)
  if (!found.ok) {
    auditRefusal(link, call, found)
    throw new CallRefused(status.UNAUTHENTICATED, found.message)
  }
  const { agent, certificate } = found.caller
  if (certificate.untilMs + RENEWABLE_MS <= link.clock.nowMs()) {
    const message = `the certificate of agent ${agent.name} is over for more than 30 days; enrol this host again with a new token`
    const { agentId } = agent
    auditRefusal(link, call, { ok: false, reason: 'CERTIFICATE_EXPIRED', agentId, message })
    throw new CallRefused(status.FAILED_PRECONDITION, message)
  }
  return found.caller
}
