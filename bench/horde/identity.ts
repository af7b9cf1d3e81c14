/** Who an agent of the horde is. Its key is made before anything is measured, as hosts make theirs. */
import { createSecureContext, type SecureContext } from 'node:tls'

import {
  certificateRequest,
  makeAgentKey,
  selfSignedCertificate,
} from '../../agent/link/agent-key.ts'
import type { EnrolRequestInput } from '../../proto/gen/sluice/agent/v1/EnrolRequest.ts'
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import { PROCESS_ID_KEY } from '../../proto/link-metadata.ts'

const GIB = 1024 ** 3
const CHECKED_EVERY = 100

export interface HordeIdentity {
  readonly no: number
  readonly facts: HostFacts
  readonly keyPem: string
  readonly csrDer: Buffer
  /** Of the connection over which it enrols: with its key, and no certificate of the control plane's yet. */
  readonly firstTls: LinkTls
}

export interface LinkTls {
  readonly secureContext: SecureContext
  readonly checksServer: boolean
}

export function makeIdentity(no: number, caPem: string): HordeIdentity {
  const keyPem = makeAgentKey()
  return {
    no,
    facts: factsOf(no),
    keyPem,
    csrDer: certificateRequest(keyPem),
    firstTls: linkTls(no, keyPem, selfSignedCertificate(keyPem), caPem),
  }
}

export function enrolRequest(identity: HordeIdentity, token: string): EnrolRequestInput {
  return {
    token: token.split('.')[0] ?? token,
    name: `horde-${identity.no}`,
    facts: identity.facts,
    csrDer: identity.csrDer,
  }
}

/**
 * One in CHECKED_EVERY checks the server's chain and name, as agents do: checking it is work of hosts,
 * and 10,000 hosts' of it would be done by this process beside the control plane.
 */
export function linkTls(
  no: number,
  keyPem: string,
  certificatePem: string,
  caPem: string,
): LinkTls {
  const checksServer = no % CHECKED_EVERY === 0
  const secureContext = createSecureContext({
    ca: checksServer ? caPem : [],
    minVersion: 'TLSv1.3',
    key: keyPem,
    cert: certificatePem,
  })
  return { secureContext, checksServer }
}

export function metadataOf({ no }: HordeIdentity): Readonly<Record<string, string>> {
  return { [PROCESS_ID_KEY]: `horde-${no}` }
}

/** Every agent is a host of its own. */
function factsOf(no: number): HostFacts {
  const id = no.toString(16).padStart(12, '0')
  return {
    dmiUuid: `5f0c9a3e-7d21-4b6f-8e11-${id}`,
    machineId: `9d3b1c2a7e5f4a60b1d2${id}`,
    bootId: `1b7e64f2-93c8-4d0a-a5e7-${id}`,
    hostname: `horde-${no}`,
    ips: [`10.${(no >> 16) & 255}.${(no >> 8) & 255}.${no & 255}`],
    cpuCount: 8,
    memoryBytes: 16 * GIB,
    os: 'Debian GNU/Linux 12',
    arch: 'x64',
    nodeVersion: process.version,
    agentVersion: '0.1.0',
    supervisor: 'systemd',
  }
}
