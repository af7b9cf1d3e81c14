import { Metadata, status } from '@grpc/grpc-js'
import type { ServiceError } from '@grpc/grpc-js'

import type { AgentLinkClient } from '../../proto/gen/sluice/agent/v1/AgentLink.ts'
import type { EnrolReply } from '../../proto/gen/sluice/agent/v1/EnrolReply.ts'
import type { EnrolRequestInput } from '../../proto/gen/sluice/agent/v1/EnrolRequest.ts'
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import { AgentError } from './agent-error.ts'
import { certificateRequest, selfSignedCertificate } from './agent-key.ts'
import { createLinkClient } from './client.ts'
import { parseEnrolToken } from './enrol-token.ts'
import {
  forgetIdentity,
  loadIdentity,
  obtainKey,
  saveIdentity,
  saveNewIdentity,
} from './identity.ts'
import type { Identity } from './identity.ts'
import { fetchPinnedCa } from './pinned-ca.ts'
import { formatServerAddress } from './server-address.ts'
import type { ServerAddress } from './server-address.ts'

const ENROL_TIMEOUT_MS = 20_000

export interface EnrolOptions {
  readonly server: ServerAddress
  /** `<secret>.<CA fingerprint>` as the control plane printed it. */
  readonly token: string
  readonly stateDir: string
  /** ''; the control plane takes the hostname. */
  readonly name: string
  readonly facts: HostFacts
  /** Forget an earlier identity, and become a new agent. */
  readonly force: boolean
  /** What the host reports otherwise than it was registered. */
  readonly onNotice?: (notice: string) => void
}

export interface Enrolment {
  readonly identity: Identity
  /**
   * Its connection has proved the agent's key, so that the first session can go over it; whoever does not
   * use it closes it. null: the host was an agent already, and nothing was called.
   */
  readonly client: AgentLinkClient | null
}

/**
 * Becomes an agent of the control plane. Can be repeated: over an identity of the same control plane
 * it changes nothing but the address, and after a lost reply the same token finds the same agent.
 * Rejects with AgentError.
 */
export async function enrolAgent(options: EnrolOptions): Promise<Identity> {
  const { identity, client } = await enrolAndStay(options)
  client?.close()
  return identity
}

/** As enrolAgent, and stays connected. */
export async function enrolAndStay(options: EnrolOptions): Promise<Enrolment> {
  const { server, stateDir } = options
  const token = parseEnrolToken(options.token)
  if (options.force) await forgetIdentity(stateDir)
  const known = await loadIdentity(stateDir)
  const caPem = await fetchPinnedCa(server, token.caPin)
  if (known !== null) {
    return { identity: await keepIdentity(stateDir, known, server, caPem), client: null }
  }
  const keyPem = await obtainKey(stateDir)
  const client = createLinkClient(server, caPem, {
    keyPem,
    certificatePem: selfSignedCertificate(keyPem),
  })
  try {
    const reply = await callEnrol(server, client, {
      token: token.secret,
      csrDer: certificateRequest(keyPem),
      name: options.name,
      facts: options.facts,
    })
    const { agentId, name, group, certificatePem, notices } = reply
    const identity = { agentId, name, group, server, keyPem, certificatePem, caPem }
    await saveNewIdentity(stateDir, identity, reply.releaseKeyPem)
    for (const notice of notices) options.onNotice?.(notice)
    return { identity, client }
  } catch (error) {
    client.close()
    throw error
  }
}

/** The installer was run again over a host that is an agent already: that is no error. */
async function keepIdentity(
  stateDir: string,
  known: Identity,
  server: ServerAddress,
  caPem: string,
): Promise<Identity> {
  if (known.caPem.trim() !== caPem.trim()) {
    throw new AgentError(
      'ALREADY_ENROLLED',
      `${stateDir} holds agent ${known.name} of another control plane (${formatServerAddress(known.server)}): ` +
        'use another --state-dir, or --force to give that agent up',
    )
  }
  const identity = { ...known, server }
  await saveIdentity(stateDir, identity)
  return identity
}

function callEnrol(
  server: ServerAddress,
  client: AgentLinkClient,
  request: EnrolRequestInput,
): Promise<EnrolReply> {
  return new Promise<EnrolReply>((resolve, reject) => {
    const deadline = Date.now() + ENROL_TIMEOUT_MS
    client.enrol(request, new Metadata(), { deadline }, (error, reply) => {
      if (error === null && reply !== undefined) resolve(reply)
      else reject(enrolError(server, error))
    })
  })
}

function enrolError(server: ServerAddress, error: ServiceError | null): AgentError {
  const where = formatServerAddress(server)
  const details = error?.details ?? 'no reply'
  const isOutage = error?.code === status.UNAVAILABLE || error?.code === status.DEADLINE_EXCEEDED
  return isOutage
    ? new AgentError('UNREACHABLE', `${where} did not answer: ${details}`, { cause: error })
    : new AgentError('ENROL_REFUSED', `${where} refused: ${details}`, { cause: error })
}
