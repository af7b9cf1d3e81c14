// Original file: proto/agent/v1/enrol.proto


/**
 * For an agent that was away for longer than its certificate lasts: the same key, which the TLS
 * handshake proves, is given a new certificate, unless the agent was revoked. Online agents renew
 * over the session (RenewCertificate, NewCertificate).
 */
export interface RenewRequestInput {
  'csrDer'?: (Buffer | Uint8Array | string);
}

/**
 * For an agent that was away for longer than its certificate lasts: the same key, which the TLS
 * handshake proves, is given a new certificate, unless the agent was revoked. Online agents renew
 * over the session (RenewCertificate, NewCertificate).
 */
export interface RenewRequest {
  'csrDer': (Buffer);
}
