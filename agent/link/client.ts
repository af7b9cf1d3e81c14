import { isIP } from 'node:net'
import { checkServerIdentity } from 'node:tls'

import { connectivityState, credentials, Metadata } from '@grpc/grpc-js'
import type { ChannelOptions } from '@grpc/grpc-js'

import type { AgentLinkClient } from '../../proto/gen/sluice/agent/v1/AgentLink.ts'
import { loadLinkDefinition } from '../../proto/link-definition.ts'
import { MESSAGE_BYTES_MAX } from '../../proto/link-limits.ts'
import { CONTROL_PLANE_TLS_NAME, PROCESS_ID_KEY } from '../../proto/link-metadata.ts'
import type { Identity } from './identity.ts'
import { proxyFor } from './proxy-setting.ts'
import { formatServerAddress } from './server-address.ts'
import type { ServerAddress } from './server-address.ts'

/** Under the idle timeouts of load balancers. */
const KEEPALIVE_MS = 20_000
/** Longer than a lease: a busy control plane is none that is gone, and silence has a watchdog of its own. */
const KEEPALIVE_TIMEOUT_MS = 30_000

export const linkDefinition = loadLinkDefinition()

export type ClientCertificate = Pick<Identity, 'keyPem' | 'certificatePem'>

/**
 * A client with a connection of its own; with a certificate it is that agent (Check and Enrol need
 * none). It trusts the pinned CA alone, and of this CA's
 * certificates the control plane's alone, by whatever address it is reached.
 */
export function createLinkClient(
  server: ServerAddress,
  caPem: string,
  certificate: ClientCertificate | null = null,
): AgentLinkClient {
  const key = certificate === null ? null : Buffer.from(certificate.keyPem)
  const chain = certificate === null ? null : Buffer.from(certificate.certificatePem)
  const channel = credentials.createSsl(Buffer.from(caPem), key, chain, {
    checkServerIdentity: (_host, certificate) =>
      checkServerIdentity(CONTROL_PLANE_TLS_NAME, certificate),
  })
  const { target, options } = routeTo(server)
  return new linkDefinition.AgentLink(target, channel, {
    ...options,
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    'grpc.use_local_subchannel_pool': 1,
    // TLS has no server names for IP addresses.
    ...(isIP(server.host) === 0 ? {} : { 'grpc.ssl_target_name_override': CONTROL_PLANE_TLS_NAME }),
    // Reconnecting is the supervisor's: a client is one connection.
    'grpc.enable_retries': 0,
  })
}

/**
 * Straight, or through the proxy that the environment names. gRPC's own reading of the environment is
 * left out: first contact, doctor and link must go the same way. @throws Error of proxyFor.
 */
function routeTo(server: ServerAddress): { target: string; options: ChannelOptions } {
  const target = formatServerAddress(server)
  const proxy = proxyFor(server.host, process.env)
  if (proxy === null) return { target, options: { 'grpc.enable_http_proxy': 0 } }
  const options: ChannelOptions = {
    'grpc.enable_http_proxy': 0,
    'grpc.http_connect_target': `dns:${target}`,
    'grpc.default_authority': target,
    ...(proxy.credentials === null ? {} : { 'grpc.http_connect_creds': proxy.credentials }),
  }
  return { target: formatServerAddress(proxy), options }
}

/** Whether its connection stands, as far as this end knows. */
export function isConnected(client: AgentLinkClient): boolean {
  return client.getChannel().getConnectivityState(false) === connectivityState.READY
}

/** Which process of the agent calls. */
export function callMetadata(processId: string): Metadata {
  const metadata = new Metadata()
  metadata.set(PROCESS_ID_KEY, processId)
  return metadata
}
