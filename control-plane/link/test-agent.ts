/** The other end, frame by frame, over a real TLS connection: says what a test tells it to say. */
import 'reflect-metadata'
import { createHash } from 'node:crypto'
import { EventEmitter, once } from 'node:events'

import { credentials, Metadata } from '@grpc/grpc-js'
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js'
import * as x509 from '@peculiar/x509'

import type { AgentFrameInput } from '../../proto/gen/sluice/agent/v1/AgentFrame.ts'
import type { AgentLinkClient } from '../../proto/gen/sluice/agent/v1/AgentLink.ts'
import type { HelloInput } from '../../proto/gen/sluice/agent/v1/Hello.ts'
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import type { PlaneFrame } from '../../proto/gen/sluice/agent/v1/PlaneFrame.ts'
import { loadLinkDefinition } from '../../proto/link-definition.ts'
import { PROCESS_ID_KEY } from '../../proto/link-metadata.ts'
import { AgentCertificates } from '../tls/agent-certificates.ts'
import { ALGORITHM } from '../tls/certificates.ts'

export const TEST_FACTS: HostFacts = {
  dmiUuid: '',
  machineId: '0'.repeat(31) + '1',
  bootId: 'boot',
  hostname: 'host-1',
  ips: ['10.0.0.1'],
  cpuCount: 2,
  memoryBytes: 1024,
  os: 'test',
  arch: 'x64',
  nodeVersion: 'v24',
  agentVersion: '0',
  supervisor: 'none',
}

/** A key, its request, and the certificate that somebody made for it. */
export interface TestIdentity {
  readonly keyPem: string
  readonly certificatePem: string
}

export interface TestKey {
  readonly keyPem: string
  readonly csrDer: Buffer
  /** SHA-256 (hex) of the public key. */
  readonly publicKeyHash: string
}

export async function makeTestKey(): Promise<TestKey> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: ALGORITHM,
  })
  const spki = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey))
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey)
  return {
    keyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    csrDer: Buffer.from(request.rawData),
    publicKeyHash: createHash('sha256').update(spki).digest('hex'),
  }
}

/** As the control plane's CA makes it. */
export async function makeTestIdentity(
  ca: { readonly caPem: string; readonly caKeyPem: string },
  key: TestKey,
  agentId: string,
  nowMs: number,
): Promise<TestIdentity> {
  const certificates = await AgentCertificates.open({ certPem: ca.caPem, keyPem: ca.caKeyPem })
  const request = await certificates.readRequest(key.csrDer)
  if (request === null) throw new Error('the request is none')
  const { keyPem } = key
  return { keyPem, certificatePem: await certificates.issue(request, agentId, nowMs) }
}

export function connectClient(
  port: number,
  caPem: string,
  identity: TestIdentity | null = null,
): AgentLinkClient {
  const { AgentLink } = loadLinkDefinition()
  const key = identity === null ? null : Buffer.from(identity.keyPem)
  const chain = identity === null ? null : Buffer.from(identity.certificatePem)
  const channel = credentials.createSsl(Buffer.from(caPem), key, chain)
  return new AgentLink(`localhost:${port}`, channel, { 'grpc.use_local_subchannel_pool': 1 })
}

export function processMetadata(processId = 'process-1'): Metadata {
  const metadata = new Metadata()
  metadata.set(PROCESS_ID_KEY, processId)
  return metadata
}

export class TestAgent {
  readonly client: AgentLinkClient
  readonly metadata: Metadata
  readonly frames: PlaneFrame[] = []
  readonly call: ClientDuplexStream<AgentFrameInput, PlaneFrame>
  readonly over: Promise<ServiceError | null>
  readonly #emitter = new EventEmitter()
  epoch = 0
  seq = 0
  /** As it would be on the agent's disk. */
  generation: () => number = () => 0

  constructor(client: AgentLinkClient, metadata: Metadata = processMetadata()) {
    this.client = client
    this.metadata = metadata
    this.call = client.session(metadata)
    this.over = new Promise((resolve) => {
      this.call.on('error', (error: ServiceError) => resolve(error))
      this.call.on('end', () => resolve(null))
    })
    this.call.on('data', (frame: PlaneFrame) => {
      this.frames.push(frame)
      this.#emitter.emit('frame')
    })
  }

  send(frame: Omit<AgentFrameInput, 'sessionEpoch' | 'seq'>): void {
    this.seq += 1
    this.call.write({ ...frame, sessionEpoch: this.epoch, seq: this.seq })
  }

  hello(hello: HelloInput = {}): void {
    this.send({
      hello: {
        protocolVersionMin: 1,
        protocolVersionMax: 1,
        facts: TEST_FACTS,
        processId: 'process-1',
        channels: 2,
        generation: this.generation(),
        ...hello,
      },
    })
  }

  beat(beatNo = 1): void {
    this.send({ heartbeat: { beatNo, cpuPercent: 12.5 } })
  }

  /** The nth frame of this kind, now or later. */
  async gets<K extends NonNullable<PlaneFrame['frame']>>(
    kind: K,
    nth = 1,
  ): Promise<NonNullable<PlaneFrame[K]>> {
    for (;;) {
      const frame = this.frames.filter((frame) => frame.frame === kind)[nth - 1]
      if (frame !== undefined) return frame[kind] as NonNullable<PlaneFrame[K]>
      await once(this.#emitter, 'frame')
    }
  }

  /** Hello, Welcome, Reconciled. */
  async join(hello: HelloInput = {}): Promise<void> {
    this.hello(hello)
    await this.gets('welcome')
    this.epoch = this.frames[0]?.sessionEpoch ?? 0
    this.send({ reconciled: {} })
  }
}
