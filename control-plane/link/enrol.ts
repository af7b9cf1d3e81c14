/** Enrolment: a one-time token becomes an agent. The same token and key again find the same agent. */
import { createHash, randomUUID } from 'node:crypto'

import { status } from '@grpc/grpc-js'
import type { sendUnaryData, ServerUnaryCall, ServiceError } from '@grpc/grpc-js'

import type { EnrolReplyInput } from '../../proto/gen/sluice/agent/v1/EnrolReply.ts'
import type { EnrolRequest } from '../../proto/gen/sluice/agent/v1/EnrolRequest.ts'
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import type { LinkContext } from './link-context.ts'
import type { EnrolOutcome } from './link-store.ts'

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,59}$/
const NAME_CHARS_MAX = 60
const TOKEN_CHARS_MAX = 512
const SHA256_HEX = /^[0-9a-f]{64}$/

type EnrolRefusal = Pick<ServiceError, 'code' | 'details'>

export function serveEnrol(
  link: LinkContext,
  call: ServerUnaryCall<EnrolRequest, EnrolReplyInput>,
  reply: sendUnaryData<EnrolReplyInput>,
): void {
  enrol(link, call.request).then(
    (answer) => {
      if ('code' in answer) {
        link.log.warn({ peer: call.getPeer(), reason: answer.details }, 'enrolment refused')
        reply(answer)
      } else {
        link.log.info({ peer: call.getPeer(), ...answer }, 'agent enrolled')
        reply(null, answer)
      }
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

async function enrol(
  link: LinkContext,
  request: EnrolRequest,
): Promise<{ agentId: string; name: string; group: string } | EnrolRefusal> {
  const problem = requestProblem(request)
  if (problem !== null) return { code: status.INVALID_ARGUMENT, details: problem }
  const facts = request.facts as HostFacts
  const newAgentId = randomUUID()
  const attempt = {
    tokenHash: createHash('sha256').update(request.token).digest('hex'),
    keyHash: request.agentKeyHash,
    newAgentId,
    facts,
    nowMs: link.clock.nowMs(),
  }
  if (request.name !== '') {
    return answerOf(await link.store.enrol({ ...attempt, name: request.name }), request.name)
  }
  // Nobody asked for the hostname: where it is taken, a few digits of the id make it unique.
  const name = nameFromHostname(facts.hostname)
  const outcome = await link.store.enrol({ ...attempt, name })
  if (outcome.kind !== 'nameTaken') return answerOf(outcome, name)
  const longer = `${name.slice(0, NAME_CHARS_MAX - 9)}-${newAgentId.slice(0, 8)}`
  return answerOf(await link.store.enrol({ ...attempt, name: longer }), longer)
}

function answerOf(
  outcome: EnrolOutcome,
  name: string,
): { agentId: string; name: string; group: string } | EnrolRefusal {
  switch (outcome.kind) {
    case 'enrolled':
      return { agentId: outcome.agentId, name: outcome.name, group: outcome.group }
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
    case 'nameTaken':
      return {
        code: status.ALREADY_EXISTS,
        details: `another agent is named ${name} already; choose another --name`,
      }
  }
}

function requestProblem(request: EnrolRequest): string | null {
  if (request.token === '' || request.token.length > TOKEN_CHARS_MAX) {
    return 'the request carries no enrolment token'
  }
  if (!SHA256_HEX.test(request.agentKeyHash)) return 'agent_key_hash must be a SHA-256 in hex'
  if (request.facts === null) return 'the request carries no facts of the host'
  if (request.name !== '' && !NAME.test(request.name)) {
    return `name ${JSON.stringify(request.name.slice(0, NAME_CHARS_MAX))}: a letter, then letters, digits, underscores and hyphens, at most ${NAME_CHARS_MAX} characters`
  }
  return null
}

function nameFromHostname(hostname: string): string {
  const cleaned = hostname.replaceAll(/[^A-Za-z0-9_-]+/g, '-').replace(/^[^A-Za-z]+/, '')
  return cleaned.slice(0, NAME_CHARS_MAX) || 'agent'
}
