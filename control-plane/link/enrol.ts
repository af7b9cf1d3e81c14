/** Enrolment: a one-time token becomes an agent. The same token and key again find the same agent. */
import { createHash, randomUUID } from 'node:crypto'

import { status } from '@grpc/grpc-js'
import type { sendUnaryData, ServerUnaryCall, ServiceError } from '@grpc/grpc-js'

import type { EnrolReplyInput } from '../../proto/gen/sluice/agent/v1/EnrolReply.ts'
import type { EnrolRequest } from '../../proto/gen/sluice/agent/v1/EnrolRequest.ts'
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import { AGENT_CERTIFICATE_MS } from '../tls/agent-certificates.ts'
import { recogniseEnrolled } from './authenticate.ts'
import type { LinkContext } from './link-context.ts'
import type { EnrolAttempt, EnrolOutcome } from './link-store.ts'

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,59}$/
const NAME_CHARS_MAX = 60
const TOKEN_CHARS_MAX = 512

type Enrolled = Extract<EnrolOutcome, { kind: 'enrolled' }>
type EnrolRefusal = Pick<ServiceError, 'code' | 'details'>

export function serveEnrol(
  link: LinkContext,
  call: ServerUnaryCall<EnrolRequest, EnrolReplyInput>,
  reply: sendUnaryData<EnrolReplyInput>,
): void {
  enrol(link, call).then(
    (answer) => {
      const peer = call.getPeer()
      if ('code' in answer) {
        link.log.warn({ peer, reason: answer.details }, 'enrolment refused')
        link.audit({ kind: 'enrol.refused', actor: 'agent', peer, message: answer.details })
        return reply(answer)
      }
      const { agentId, name, group, notices } = answer
      link.log.info({ peer, agentId, name, group, notices }, 'agent enrolled')
      const message = `agent ${name} was enrolled in group ${group}`
      const detail = {
        hostname: call.request.facts?.hostname,
        ips: call.request.facts?.ips,
        notices,
      }
      link.audit({ kind: 'enrol.accepted', actor: 'agent', agentId, group, peer, message, detail })
      reply(null, answer)
    },
    (error: unknown) => {
      link.log.error({ err: error, peer: call.getPeer() }, 'enrolment failed')
      reply({
        code: status.UNAVAILABLE,
        details: 'the control plane cannot reach its store; try again',
      })
    },
  )
}

/** What of a token is stored, and asked for. */
export function hashToken(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** A name for an agent of this host. */
export function nameFromHostname(hostname: string): string {
  const cleaned = hostname.replaceAll(/[^A-Za-z0-9_-]+/g, '-').replace(/^[^A-Za-z]+/, '')
  return cleaned.slice(0, NAME_CHARS_MAX) || 'agent'
}

async function enrol(
  link: LinkContext,
  call: ServerUnaryCall<EnrolRequest, EnrolReplyInput>,
): Promise<(EnrolReplyInput & Enrolled) | EnrolRefusal> {
  const { request } = call
  const problem = requestProblem(request)
  if (problem !== null) return { code: status.INVALID_ARGUMENT, details: problem }
  const key = await link.certificates.readRequest(request.csrDer)
  if (key === null) {
    return {
      code: status.INVALID_ARGUMENT,
      details: 'csr_der must be a certificate request of an ECDSA P-256 key, signed by that key',
    }
  }
  const facts = request.facts as HostFacts
  const nowMs = link.clock.nowMs()
  const untilMs = nowMs + AGENT_CERTIFICATE_MS
  const newAgentId = randomUUID()
  const outcome = await enrolUnderFreeName(link, {
    tokenHash: hashToken(request.token),
    publicKeyHash: key.publicKeyHash,
    wantedName: request.name,
    defaultName: nameFromHostname(facts.hostname),
    newAgentId,
    facts,
    certificateUntilMs: untilMs,
    nowMs,
  })
  if (outcome.kind !== 'enrolled') return refusalOf(outcome)
  const certificatePem = await link.certificates.issue(key, outcome.agentId, nowMs)
  // A new agent was stored with it.
  if (outcome.agentId !== newAgentId) await link.store.saveCertificate(outcome.agentId, untilMs)
  const { notices, ...rest } = outcome
  const { agentId } = outcome
  recogniseEnrolled(link, call, { agentId, publicKeyHash: key.publicKeyHash, untilMs })
  return { ...rest, notices: [...notices], certificatePem, releaseKeyPem: link.releaseKeyPem }
}

/** Nobody asked for the hostname: where it is taken, a few digits of the id make it unique. */
async function enrolUnderFreeName(link: LinkContext, attempt: EnrolAttempt): Promise<EnrolOutcome> {
  const outcome = await link.store.enrol(attempt)
  if (outcome.kind !== 'nameTaken' || outcome.name !== attempt.defaultName) return outcome
  if (attempt.wantedName !== '') return outcome
  const defaultName = `${outcome.name.slice(0, NAME_CHARS_MAX - 9)}-${attempt.newAgentId.slice(0, 8)}`
  return link.store.enrol({ ...attempt, defaultName })
}

function refusalOf(outcome: Exclude<EnrolOutcome, Enrolled>): EnrolRefusal {
  switch (outcome.kind) {
    case 'unknownToken':
      return {
        code: status.UNAUTHENTICATED,
        details: 'the enrolment token is not known here; ask for a new one',
      }
    case 'expired':
      return {
        code: status.FAILED_PRECONDITION,
        details: `the enrolment token expired at ${new Date(outcome.expiredAtMs).toISOString()}; ask for a new one`,
      }
    case 'tokenUsed':
      return {
        code: status.PERMISSION_DENIED,
        details: 'the enrolment token was used by another agent already; ask for a new one',
      }
    case 'keyUsed':
      return {
        code: status.ALREADY_EXISTS,
        details:
          "this host's key belongs to an enrolled agent already; run it, or enrol anew with --force",
      }
    case 'otherHost':
      return {
        code: status.PERMISSION_DENIED,
        details: `this is not the host that was registered: ${outcome.message}. Run the command on the registered host, or register this one`,
      }
    case 'nameTaken':
      return {
        code: status.ALREADY_EXISTS,
        details: `another agent is named ${outcome.name} already; choose another --name`,
      }
  }
}

function requestProblem(request: EnrolRequest): string | null {
  if (request.token === '' || request.token.length > TOKEN_CHARS_MAX) {
    return 'the request carries no enrolment token'
  }
  if (request.facts === null) return 'the request carries no facts of the host'
  if (request.name !== '' && !NAME.test(request.name)) {
    return `name ${JSON.stringify(request.name.slice(0, NAME_CHARS_MAX))}: a letter, then letters, digits, underscores and hyphens, at most ${NAME_CHARS_MAX} characters`
  }
  return null
}
