/** Names and connections: what lies below Kafka and HTTP. Throws ProbeError only. */
import { lookup } from 'node:dns/promises'
import { connect } from 'node:net'

import { addressText, type BrokerAddress } from '../kafka/security.ts'
import { ProbeError, type ProbeErrorCode } from './probe-error.ts'

/** Of one connection. */
export const CONNECT_MS_MAX = 5_000
/** Connections tried at once. */
const DIALS_AT_ONCE = 16
/** Addresses of one name that are tried. */
export const ADDRESSES_MAX = 8

/** One address of a name, tried. */
export interface Dialled {
  readonly server: BrokerAddress
  /** IP address. */
  readonly address: string
  readonly milliseconds: number
  /** null: it answers. */
  readonly error: ProbeError | null
}

const SYSTEM_CODES: Readonly<Record<string, readonly [ProbeErrorCode, string]>> = {
  ENOTFOUND: ['NAME_NOT_FOUND', 'is not known to the DNS'],
  ENODATA: ['NAME_NOT_FOUND', 'has no address in the DNS'],
  EAI_AGAIN: ['DNS_UNAVAILABLE', 'cannot be looked up: the DNS does not answer'],
  ECONNREFUSED: ['REFUSED', 'refuses the connection'],
  EHOSTUNREACH: ['NO_ROUTE', 'has no route from here'],
  ENETUNREACH: ['NO_ROUTE', 'has no route from here'],
  EADDRNOTAVAIL: ['NO_ROUTE', 'cannot be dialled from here'],
  EACCES: ['NO_ROUTE', 'may not be dialled: a firewall of this host forbids it'],
  EPERM: ['NO_ROUTE', 'may not be dialled: a firewall of this host forbids it'],
  ETIMEDOUT: ['TIMEOUT', 'gives no answer'],
  ECONNRESET: ['CUT', 'closed the connection'],
  EPIPE: ['CUT', 'closed the connection'],
}

/** The system's failure, told of `what` (a name or an address). */
export function systemFailure(what: string, error: unknown): ProbeError {
  const { code = '', message = String(error) } = error as { code?: string; message?: string }
  const known = SYSTEM_CODES[code]
  if (known !== undefined) return new ProbeError(known[0], `${what} ${known[1]}`, error)
  return new ProbeError('NETWORK', `${what} cannot be reached: ${message}`, error)
}

/** The addresses of a name, at most ADDRESSES_MAX; of an IP address itself. */
export async function resolveName(host: string): Promise<readonly string[]> {
  try {
    const found = await lookup(host, { all: true })
    const addresses = [...new Set(found.map(({ address }) => address))]
    if (addresses.length > 0) return addresses.slice(0, ADDRESSES_MAX)
  } catch (error) {
    throw systemFailure(host, error)
  }
  throw new ProbeError('NAME_NOT_FOUND', `${host} has no address in the DNS`)
}

/** Opens and closes a TCP connection to each; resolves when all have answered or failed. */
export async function dialAll(
  targets: readonly { readonly server: BrokerAddress; readonly address: string }[],
  signal: AbortSignal,
): Promise<readonly Dialled[]> {
  const dialled: Dialled[] = []
  const queue = targets.entries()
  const worker = async (): Promise<void> => {
    for (const [index, { server, address }] of queue) {
      const startedAt = performance.now()
      const error = await dial({ host: address, port: server.port }, signal).then(
        () => null,
        (thrown: unknown) => thrown as ProbeError,
      )
      dialled[index] = { server, address, milliseconds: since(startedAt), error }
    }
  }
  await Promise.all(Array.from({ length: DIALS_AT_ONCE }, worker))
  return dialled
}

function dial(address: BrokerAddress, signal: AbortSignal): Promise<void> {
  const text = addressText(address)
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, signal, timeout: CONNECT_MS_MAX })
    const fail = (error: ProbeError): void => {
      socket.destroy()
      reject(error)
    }
    socket.once('timeout', () => {
      fail(new ProbeError('TIMEOUT', `${text} gives no answer within ${CONNECT_MS_MAX} ms`))
    })
    socket.on('error', (error) => fail(systemFailure(text, error)))
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
  })
}

export function since(startedAt: number): number {
  return Math.round(performance.now() - startedAt)
}

/** `a, b and 3 more`. */
export function listed(items: readonly string[], max = 8): string {
  if (items.length <= max) return items.join(', ')
  return `${items.slice(0, max).join(', ')} and ${items.length - max} more`
}
