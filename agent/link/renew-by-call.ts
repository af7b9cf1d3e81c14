import { Metadata, status } from '@grpc/grpc-js'

import { certificateRequest } from './agent-key.ts'
import { createLinkClient } from './client.ts'
import type { Identity } from './identity.ts'

const RENEW_TIMEOUT_MS = 20_000

export type Renewal =
  | { readonly kind: 'renewed'; readonly certificatePem: string }
  /** For good: a person must. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'failed'; readonly why: string }

/** After so long an absence that the certificate is over. Never rejects. */
export async function renewByCall(identity: Identity): Promise<Renewal> {
  const client = createLinkClient(identity.server, identity.caPem, identity)
  const csrDer = certificateRequest(identity.keyPem)
  const deadline = Date.now() + RENEW_TIMEOUT_MS
  try {
    return await new Promise<Renewal>((resolve) => {
      client.renew({ csrDer }, new Metadata(), { deadline }, (error, reply) => {
        if (error === null && reply !== undefined) {
          return resolve({ kind: 'renewed', certificatePem: reply.certificatePem })
        }
        const isOutage =
          error?.code === status.UNAVAILABLE || error?.code === status.DEADLINE_EXCEEDED
        const details = error?.details ?? 'no reply'
        resolve(isOutage ? { kind: 'failed', why: details } : { kind: 'refused', message: details })
      })
    })
  } finally {
    client.close()
  }
}
