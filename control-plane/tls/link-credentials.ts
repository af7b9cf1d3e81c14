import { ServerCredentials } from '@grpc/grpc-js'

import type { ServerTls } from './server-tls.ts'

/**
 * Asks every client for a certificate and refuses none in the handshake, which `createSsl` cannot say:
 * Check and Enrol come without one, Renew with an expired one. Each call decides by itself who may
 * come in. The handshake still proves that the client holds the key of what it shows.
 */
export class LinkCredentials extends ServerCredentials {
  constructor(tls: ServerTls) {
    super(
      { requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3' },
      // No CA: OpenSSL is to verify nothing, AgentCertificates does.
      { ca: [], cert: tls.certChainPem, key: tls.keyPem },
    )
  }

  _equals(other: ServerCredentials): boolean {
    return this === other
  }
}
