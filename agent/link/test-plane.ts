/** The other end, over a real TLS connection: says what a test tells it to say. */
import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import { EventEmitter, once } from 'node:events'

import { Server, ServerCredentials } from '@grpc/grpc-js'
import type {
  sendUnaryData,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServiceError,
} from '@grpc/grpc-js'
import * as x509 from '@peculiar/x509'

import type { AgentFrame } from '../../proto/gen/sluice/agent/v1/AgentFrame.ts'
import type { BulkChunk } from '../../proto/gen/sluice/agent/v1/BulkChunk.ts'
import type { EnrolReplyInput } from '../../proto/gen/sluice/agent/v1/EnrolReply.ts'
import type { EnrolRequest } from '../../proto/gen/sluice/agent/v1/EnrolRequest.ts'
import type { LogAckInput } from '../../proto/gen/sluice/agent/v1/LogAck.ts'
import type { LogChunk } from '../../proto/gen/sluice/agent/v1/LogChunk.ts'
import type { PlaneFrameInput } from '../../proto/gen/sluice/agent/v1/PlaneFrame.ts'
import type { ReconcileDecisionInput } from '../../proto/gen/sluice/agent/v1/ReconcileDecision.ts'
import type { RenewReplyInput } from '../../proto/gen/sluice/agent/v1/RenewReply.ts'
import type { RenewRequest } from '../../proto/gen/sluice/agent/v1/RenewRequest.ts'
import { CONTROL_PLANE_TLS_NAME } from '../../proto/link-metadata.ts'
import { linkDefinition } from './client.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 86_400_000

export interface TestTls {
  readonly caPem: string
  readonly chainPem: string
  readonly keyPem: string
  /** Signs what agents ask for. */
  readonly caKey: webcrypto.CryptoKey
  /** SHA-256 of the CA, hex. */
  readonly pin: string
}

export async function makeTestTls(): Promise<TestTls> {
  const notBefore = new Date(Date.now() - DAY_MS)
  const notAfter = new Date(Date.now() + DAY_MS)
  const common = { notBefore, notAfter, signingAlgorithm: ALGORITHM }
  const caKeys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...common,
    serialNumber: '01',
    name: 'CN=test CA',
    keys: caKeys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  })
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const leaf = await x509.X509CertificateGenerator.create({
    ...common,
    serialNumber: '02',
    subject: 'CN=test plane',
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: CONTROL_PLANE_TLS_NAME }]),
    ],
  })
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey)
  return {
    caPem: ca.toString('pem') + '\n',
    chainPem: `${leaf.toString('pem')}\n${ca.toString('pem')}\n`,
    keyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    caKey: caKeys.privateKey,
    pin: Buffer.from(await ca.getThumbprint('SHA-256')).toString('hex'),
  }
}

/** A day from `fromMs` on, for the key of this request. */
export async function testCertificate(
  tls: TestTls,
  csrDer: Uint8Array,
  fromMs = Date.now(),
): Promise<string> {
  const request = new x509.Pkcs10CertificateRequest(new Uint8Array(csrDer))
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '03',
    subject: 'CN=a1',
    issuer: new x509.X509Certificate(tls.caPem).subject,
    notBefore: new Date(fromMs),
    notAfter: new Date(fromMs + DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: request.publicKey,
    signingKey: tls.caKey,
  })
  return certificate.toString('pem') + '\n'
}

/** One stream that an agent opened. */
export class PlaneSession {
  readonly call: ServerDuplexStream<AgentFrame, PlaneFrameInput>
  readonly epoch: number
  readonly frames: AgentFrame[] = []
  readonly #emitter = new EventEmitter()
  #seq = 0
  isOver = false

  constructor(call: ServerDuplexStream<AgentFrame, PlaneFrameInput>, epoch: number) {
    this.call = call
    this.epoch = epoch
    call.on('data', (frame: AgentFrame) => {
      this.frames.push(frame)
      this.#emitter.emit('change')
    })
    const over = (): void => {
      this.isOver = true
      this.#emitter.emit('change')
    }
    call.on('end', () => {
      over()
      call.end()
    })
    call.on('cancelled', over)
    call.on('error', over)
  }

  send(frame: Omit<PlaneFrameInput, 'sessionEpoch' | 'seq'>): void {
    this.#seq += 1
    this.call.write({ ...frame, sessionEpoch: this.epoch, seq: this.#seq })
  }

  /** The nth frame of this kind, now or later. */
  async gets<K extends NonNullable<AgentFrame['frame']>>(
    kind: K,
    nth = 1,
  ): Promise<NonNullable<AgentFrame[K]>> {
    for (;;) {
      const frame = this.frames.filter((frame) => frame.frame === kind)[nth - 1]
      if (frame !== undefined) return frame[kind] as NonNullable<AgentFrame[K]>
      await once(this.#emitter, 'change')
    }
  }

  count(kind: NonNullable<AgentFrame['frame']>): number {
    return this.frames.filter((frame) => frame.frame === kind).length
  }

  async over(): Promise<void> {
    while (!this.isOver) await once(this.#emitter, 'change')
  }

  /** Waits for Hello, welcomes, waits for Reconciled. */
  async welcome(reconcile: ReconcileDecisionInput[] = [], generation = 1): Promise<void> {
    await this.gets('hello')
    const times = { leaseMs: 20_000, beatMs: 5_000 }
    this.send({ welcome: { protocolVersion: 1, ...times, reconcile, generation } })
    await this.gets('reconciled')
  }

  breakOff(): void {
    this.call.emit('error', { code: 14, details: 'broken by the test' })
  }
}

export class TestPlane {
  readonly tls: TestTls
  readonly sessions: PlaneSession[] = []
  readonly enrolments: EnrolRequest[] = []
  /** From which connections they came. */
  readonly enrolPeers: string[] = []
  readonly renewals: RenewRequest[] = []
  renewError: Pick<ServiceError, 'code' | 'details'> | null = null
  readonly bulks: { readonly id: string; readonly body: Buffer }[] = []
  readonly chunks: LogChunk[] = []
  /** What Enrol answers; an error once, then the reply. */
  enrolErrorOnce: Pick<ServiceError, 'code' | 'details'> | null = null
  /** Log chunks are acknowledged. */
  acknowledgesLogs = true
  readonly logCalls: ServerDuplexStream<LogChunk, LogAckInput>[] = []
  readonly #emitter = new EventEmitter()
  readonly #server = new Server()
  port = 0

  private constructor(tls: TestTls) {
    this.tls = tls
  }

  static async start(tls: TestTls): Promise<TestPlane> {
    const plane = new TestPlane(tls)
    plane.#addService()
    const credentials = ServerCredentials.createSsl(null, [
      { cert_chain: Buffer.from(tls.chainPem), private_key: Buffer.from(tls.keyPem) },
    ])
    plane.port = await new Promise<number>((resolve, reject) => {
      plane.#server.bindAsync('127.0.0.1:0', credentials, (error, port) =>
        error === null ? resolve(port) : reject(error),
      )
    })
    return plane
  }

  /** The nth session, now or later. */
  async session(nth = 1): Promise<PlaneSession> {
    for (;;) {
      const session = this.sessions[nth - 1]
      if (session !== undefined) return session
      await once(this.#emitter, 'change')
    }
  }

  /** Resolves when log lines with these messages have come, in this order. */
  async logs(count: number): Promise<string[]> {
    for (;;) {
      const messages = this.chunks.flatMap((chunk) => chunk.lines.map((line) => line.message))
      if (messages.length >= count) return messages
      await once(this.#emitter, 'change')
    }
  }

  stop(): void {
    this.#server.forceShutdown()
  }

  #addService(): void {
    this.#server.addService(linkDefinition.AgentLink.service, {
      Enrol: (
        call: ServerUnaryCall<EnrolRequest, EnrolReplyInput>,
        reply: sendUnaryData<EnrolReplyInput>,
      ) => {
        this.enrolments.push(call.request)
        this.enrolPeers.push(call.getPeer())
        const error = this.enrolErrorOnce
        this.enrolErrorOnce = null
        if (error !== null) return reply(error)
        void testCertificate(this.tls, call.request.csrDer).then((certificatePem) =>
          reply(null, { agentId: 'a1', name: 'edge-1', group: 'idc', certificatePem }),
        )
      },
      Renew: (
        call: ServerUnaryCall<RenewRequest, RenewReplyInput>,
        reply: sendUnaryData<RenewReplyInput>,
      ) => {
        this.renewals.push(call.request)
        if (this.renewError !== null) return reply(this.renewError)
        void testCertificate(this.tls, call.request.csrDer).then((certificatePem) =>
          reply(null, { certificatePem }),
        )
      },
      Session: (call: ServerDuplexStream<AgentFrame, PlaneFrameInput>) => {
        this.sessions.push(new PlaneSession(call, this.sessions.length + 1))
        this.#emitter.emit('change')
      },
      UploadLogs: (call: ServerDuplexStream<LogChunk, LogAckInput>) => {
        this.logCalls.push(call)
        call.on('error', () => {})
        call.on('data', (chunk: LogChunk) => {
          this.chunks.push(chunk)
          if (this.acknowledgesLogs) call.write({ position: chunk.position + chunk.lines.length })
          this.#emitter.emit('change')
        })
        call.on('end', () => call.end())
      },
      DeliverBulk: (
        call: ServerReadableStream<BulkChunk, object>,
        reply: sendUnaryData<{ bytes: number }>,
      ) => {
        const parts: Buffer[] = []
        call.on('data', (chunk: BulkChunk) => {
          parts.push(chunk.data)
          if (!chunk.last) return
          const body = Buffer.concat(parts)
          this.bulks.push({ id: chunk.bulkId, body })
          reply(null, { bytes: body.length })
        })
      },
    })
  }
}
