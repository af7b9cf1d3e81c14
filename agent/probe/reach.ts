/** The stages dns, tcp and tls of a list of servers: all of them are tried, whatever becomes of the others. */
import { addressText, type BrokerAddress, type TlsConfig } from '../kafka/security.ts'
import { type Dialled, dialAll, listed, resolveName } from './network.ts'
import { ProbeError } from './probe-error.ts'
import { passed, type Seen } from './stages.ts'
import { inspectTls } from './tls.ts'

/** Servers that are looked at; a data source with more names the same cluster. */
export const SERVERS_MAX = 32

export interface Resolved {
  readonly server: BrokerAddress
  readonly address: string
}

export class Reach {
  readonly #servers: readonly BrokerAddress[]
  #resolved: readonly Resolved[] = []
  #dialled: readonly Dialled[] = []
  #unnamed: readonly ProbeError[] = []

  constructor(servers: readonly BrokerAddress[]) {
    this.#servers = servers.slice(0, SERVERS_MAX)
  }

  /** One address of each server that answers. */
  get reachable(): readonly Resolved[] {
    const byServer = new Map<BrokerAddress, Resolved>()
    for (const { server, address, error } of this.#dialled) {
      if (error === null && !byServer.has(server)) byServer.set(server, { server, address })
    }
    return [...byServer.values()]
  }

  /** Fails when no server's name has an address. */
  async dns(): Promise<Seen> {
    const found: string[] = []
    const resolved: Resolved[] = []
    const failures: ProbeError[] = []
    await Promise.all(
      this.#servers.map(async (server) => {
        try {
          const addresses = await resolveName(server.host)
          resolved.push(...addresses.map((address) => ({ server, address })))
          found.push(
            addresses.includes(server.host)
              ? server.host
              : `${server.host} is ${listed(addresses)}`,
          )
        } catch (error) {
          if (!(error instanceof ProbeError)) throw error
          failures.push(error)
        }
      }),
    )
    this.#resolved = resolved
    this.#unnamed = failures
    if (resolved.length === 0) throw allFailed(failures)
    return passed([...found.toSorted(), ...failures.map((failure) => failure.message)].join('; '))
  }

  /** Fails when no address answers. */
  async tcp(signal: AbortSignal): Promise<Seen> {
    this.#dialled = await dialAll(this.#resolved, signal)
    const failures = this.#dialled.flatMap(({ error }) => (error === null ? [] : [error]))
    if (this.reachable.length === 0) throw allFailed(failures)
    const answering = this.#dialled
      .filter(({ error }) => error === null)
      .map(({ server, address, milliseconds }) => {
        return `${addressText({ host: address, port: server.port })} in ${milliseconds} ms`
      })
    return passed([listed(answering), ...failures.map((failure) => failure.message)].join('; '))
  }

  /** Servers of which no address answers, and why. */
  get silent(): { readonly servers: readonly BrokerAddress[]; readonly why: readonly string[] } {
    const answering = new Set(this.reachable.map(({ server }) => server))
    const servers = this.#servers.filter((server) => !answering.has(server))
    const undialled = this.#dialled.flatMap(({ server, error }) =>
      error === null || answering.has(server) ? [] : [error],
    )
    return { servers, why: [...this.#unnamed, ...undialled].map(({ message }) => message) }
  }

  /** Fails when one of the servers that answer has a certificate that is not accepted: clients use any of them. */
  async tls(
    tls: TlsConfig,
    options: { readonly expectsPublicCa: boolean },
    signal: AbortSignal,
  ): Promise<Seen> {
    const seen = await Promise.all(
      this.reachable.map(async (one) => {
        const text = await inspectTls({ ...one, tls, ...options }, signal)
        return `${addressText(one.server)}: ${text}`
      }),
    )
    return passed(listed(seen))
  }
}

/** The first one's code stands for all, the text for each. */
function allFailed(failures: readonly ProbeError[]): ProbeError {
  const [first] = failures
  if (first === undefined) return new ProbeError('BAD_SETTING', 'no address is given')
  const messages = [...new Set(failures.map(({ message }) => message))]
  return new ProbeError(first.code, listed(messages), first)
}
