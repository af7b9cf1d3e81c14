/** Where the API listens: plain HTTP on loopback addresses only. */
import { BlockList, isIPv4, isIPv6 } from 'node:net'

import type { Api } from './context.ts'

export interface ListenAddress {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** A name other than localhost is never taken for loopback: what it resolves to can change. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return loopback.check(host, 'ipv4')
  if (isIPv6(host)) return loopback.check(host, 'ipv6')
  return host === 'localhost'
}

/**
 * @returns the base URL
 * @throws Error when the address is not loopback and the server has no certificate: tokens and
 *   passwords would travel in clear text
 */
export async function listenApi(api: Api, address: ListenAddress): Promise<string> {
  const secure = 'https' in api.initialConfig && api.initialConfig.https !== undefined
  if (!secure && !isLoopback(address.host)) {
    throw new Error(
      `the API cannot listen on ${address.host} without TLS: give it a certificate, or listen on 127.0.0.1`,
    )
  }
  return api.listen({ host: address.host, port: address.port })
}
