/** What a connectivity test finds by itself, where neither the Kafka port nor the MaxCompute library is asked. */
export const PROBE_ERROR_CODES = [
  'NAME_NOT_FOUND', // the DNS has no address for the name
  'DNS_UNAVAILABLE', // the DNS itself does not answer
  'REFUSED',
  'NO_ROUTE',
  'TIMEOUT', // of a connection, or of a whole stage
  'CUT', // the connection was closed in the middle
  'NETWORK', // any other failure of the system
  'TLS_INTERCEPTED', // somebody on the way ends TLS with a certificate of his own
  'TLS_CUT', // closed during the handshake, and no plain service behind it
  'TLS_NOT_SPOKEN', // a plaintext port
  'TLS_EXPECTED', // the port speaks TLS, the data source does not
  'TLS_EXPIRED',
  'TLS_NOT_YET_VALID',
  'TLS_WRONG_NAME',
  'TLS_UNTRUSTED',
  'TLS_REFUSED', // by the other side: client certificate, protocol version
  'SASL_EXPECTED', // the listener wants a user, the data source names none
  'NOT_KAFKA', // something answers that is no broker
  'ADVERTISED_UNREACHABLE', // the bootstrap server answers, a broker that it names does not
  'NOT_MAXCOMPUTE', // something answers that is not the service
  'PROXY_ANSWERED', // a proxy on the way answers in the service's place
  'TUNNEL_UNREACHABLE', // the REST endpoint answers, the Tunnel does not
  'BAD_SETTING',
  'BAD_PARTITION_SPEC',
  'UNSUPPORTED', // this agent cannot do what is wanted
] as const

export type ProbeErrorCode = (typeof PROBE_ERROR_CODES)[number]

/** `message` says what was seen and where, without a full stop; what to do is diagnosis.ts's. Never holds a secret. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError'
  readonly code: ProbeErrorCode

  constructor(code: ProbeErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}
