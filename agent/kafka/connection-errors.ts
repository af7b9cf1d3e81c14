import { KafkaError, type KafkaErrorWhere } from './errors.ts'

/** What kafkajs, node:net and node:tls throw, told as our own errors. */

export const ADVICE_UNREACHABLE =
  "check address, port and firewall from this host, and the broker's advertised.listeners"

export function lostConnection(where: KafkaErrorWhere): KafkaError {
  return new KafkaError('UNREACHABLE', 'the broker closed the connection', {
    where,
    action:
      'check the security protocol (TLS, SASL) if this happens at once; else it is tried again',
  })
}

/** Never keeps kafkajs' error as such: its message is enough, and it holds no secret. */
export function connectionError(what: string, error: unknown, where: KafkaErrorWhere): KafkaError {
  if (error instanceof KafkaError) return error
  const { name = '', message = String(error), code = '', type = '' } = error as KafkajsErrorShape
  const details = { where, cause: error }
  if (name === 'KafkaJSSASLAuthenticationError' || String(type).includes('SASL')) {
    return new KafkaError('AUTHENTICATION_FAILED', message, {
      ...details,
      action: 'check user name, password and SASL mechanism',
    })
  }
  if (isTlsFailure(String(code), message)) {
    return new KafkaError('AUTHENTICATION_FAILED', `TLS failed: ${message}`, {
      ...details,
      action:
        "check the CA certificate, the broker's host name in its certificate, and that this port speaks TLS",
    })
  }
  if (name === 'KafkaJSConnectionClosedError' || message.startsWith('Connection closed by')) {
    return lostConnection(where)
  }
  return new KafkaError('UNREACHABLE', `${what} failed: ${message}`, {
    ...details,
    action: ADVICE_UNREACHABLE,
  })
}

interface KafkajsErrorShape {
  readonly name?: string
  readonly message?: string
  readonly code?: unknown
  readonly type?: unknown
}

function isTlsFailure(code: string, message: string): boolean {
  return (
    code.startsWith('ERR_TLS') ||
    code.startsWith('ERR_SSL') ||
    code.startsWith('CERT_') ||
    code.includes('SELF_SIGNED') ||
    code.startsWith('UNABLE_TO_') ||
    code === 'EPROTO' ||
    /certificate|ssl routines|tlsv1 alert/i.test(message)
  )
}
