/** From this host to the control plane's link, stage by stage: proxy, DNS, TCP, TLS, clock, token. */
import type { X509Certificate } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { isIP, type Socket } from 'node:net'

import { status } from '@grpc/grpc-js'

import type { CheckReply } from '../../proto/gen/sluice/agent/v1/CheckReply.ts'
import { openSocket, openThroughProxy, type RouteError } from '../link/open-route.ts'
import { type ProxySetting, proxyFor } from '../link/proxy-setting.ts'
import { formatServerAddress, type ServerAddress } from '../link/server-address.ts'
import { fingerprintOf, readShownChain } from '../link/shown-chain.ts'
import { checkClock, clockOffsetMs, formatSpan } from './clock-check.ts'
import { fail, type HostCheck, ok, skip } from './host-check.ts'

export interface LinkCheckOptions {
  readonly server: ServerAddress
  readonly env: Readonly<Record<string, string | undefined>>
  /** First hex digits of the SHA-256 of the control plane's CA; null: any CA, which is said. */
  readonly caPin: string | null
  /** The token's secret; null: none. */
  readonly tokenSecret: string | null
  /** Why there need not be a token; null: there must. */
  readonly tokenNotNeeded: string | null
  readonly ask: (server: ServerAddress, caPem: string, token: string) => Promise<CheckReply>
  readonly nowMs: () => number
}

/** All of them, in order; what cannot be looked at is skipped and says why. */
export async function linkChecks(options: LinkCheckOptions): Promise<HostCheck[]> {
  const checks: HostCheck[] = []
  const routed = await routeChecks(options, checks)
  if (routed === null) {
    return [...checks, ...['tls', 'clock', 'token'].map((name) => skip(name, 'no connection'))]
  }
  const caPem = await tlsCheck(options, routed, checks)
  if (caPem === null) {
    const missing = ['clock', 'token'].filter((name) => checks.every((one) => one.name !== name))
    return [...checks, ...missing.map((name) => skip(name, 'no TLS'))]
  }
  return [...checks, ...(await answerChecks(options, caPem))]
}

async function routeChecks(
  { server, env }: LinkCheckOptions,
  checks: HostCheck[],
): Promise<Socket | null> {
  let proxy: ProxySetting | null
  try {
    proxy = proxyFor(server.host, env)
  } catch (error) {
    checks.push(fail('proxy', 'not understood', (error as Error).message))
    return null
  }
  const first = proxy ?? server
  const name = await dnsCheck(first.host)
  checks.push(name)
  if (name.outcome === 'fail') return null
  if (proxy === null) {
    checks.push(ok('proxy', 'none'))
    return tcpCheck(server, checks)
  }
  return proxyCheck(proxy, server, checks)
}

async function dnsCheck(host: string): Promise<HostCheck> {
  if (isIP(host) !== 0) return ok('dns', `${host} is an address`)
  try {
    const addresses = await lookup(host, { all: true })
    return ok('dns', `${host} is ${addresses.map(({ address }) => address).join(', ')}`)
  } catch (error) {
    const { code = 'error' } = error as NodeJS.ErrnoException
    return fail(
      'dns',
      `${host} cannot be resolved (${code})`,
      "add the name to this host's DNS or /etc/hosts, or have the control plane started with --host-name <its address>",
    )
  }
}

async function tcpCheck(server: ServerAddress, checks: HostCheck[]): Promise<Socket | null> {
  const where = formatServerAddress(server)
  try {
    const socket = await openSocket(server)
    checks.push(ok('tcp', where))
    return socket
  } catch (error) {
    const { code, message } = error as RouteError
    checks.push(fail('tcp', `${where} cannot be reached (${message})`, tcpAdvice(code)))
    return null
  }
}

function tcpAdvice(code: string): string {
  if (code === 'ECONNREFUSED') {
    return 'nothing listens there: is the control plane running, and is it the port of its link (--link-listen)?'
  }
  return 'have outgoing TCP to it allowed by the firewalls and security groups between, or set https_proxy'
}

async function proxyCheck(
  proxy: ProxySetting,
  server: ServerAddress,
  checks: HostCheck[],
): Promise<Socket | null> {
  const where = `${proxy.host}:${proxy.port}`
  try {
    const socket = await openThroughProxy(proxy, server)
    checks.push(ok('proxy', `${where}, as ${proxy.variable} says`))
    checks.push(ok('tcp', `${formatServerAddress(server)} through the proxy`))
    return socket
  } catch (error) {
    checks.push(proxyFailure(where, proxy, server, error as RouteError))
    checks.push(skip('tcp', 'no way through the proxy'))
    return null
  }
}

function proxyFailure(
  where: string,
  { variable, credentials }: ProxySetting,
  server: ServerAddress,
  error: RouteError,
): HostCheck {
  const target = formatServerAddress(server)
  if (error.code === 'PROXY_407') {
    return credentials === null
      ? fail(
          'proxy',
          `${where}: the proxy asks for a user name and password`,
          `set ${variable}=http://USER:PASSWORD@${where} (special characters as %XX)`,
        )
      : fail(
          'proxy',
          `${where}: the proxy refuses the user name and password of ${variable}`,
          'correct them; only Basic authentication is supported',
        )
  }
  if (error.code.startsWith('PROXY_')) {
    return fail('proxy', `${where}: ${error.message}`, `have CONNECT to ${target} allowed there`)
  }
  return fail(
    'proxy',
    `${where} cannot be used (${error.message})`,
    `correct ${variable}, or add ${server.host} to no_proxy`,
  )
}

/** The PEM of the CA that signs for the control plane; null: failed. */
async function tlsCheck(
  { server, caPin, nowMs }: LinkCheckOptions,
  socket: Socket,
  checks: HostCheck[],
): Promise<string | null> {
  const where = formatServerAddress(server)
  let chain: X509Certificate[]
  try {
    chain = await readShownChain(socket, server.host)
  } catch (error) {
    const advice =
      'is it the port of the link (7421 by default), and does nothing between cut TLS connections?'
    checks.push(fail('tls', `${where} does not speak TLS (${(error as Error).message})`, advice))
    return null
  } finally {
    socket.destroy()
  }
  const leaf = chain[0]
  const ca = chain.find((one) => (caPin === null ? one.ca : fingerprintOf(one).startsWith(caPin)))
  if (
    leaf === undefined ||
    ca === undefined ||
    !leaf.checkIssued(ca) ||
    !leaf.verify(ca.publicKey)
  ) {
    const issuer = leaf?.issuer.replaceAll('\n', ', ') ?? 'nobody'
    const advice = `something on the way opens TLS, or it is another control plane: have ${where} excepted from TLS inspection`
    checks.push(
      fail(
        'tls',
        `${where} shows a certificate issued by "${issuer}", not by the control plane`,
        advice,
      ),
    )
    return null
  }
  const clock = validityCheck(leaf, nowMs())
  if (clock !== null) {
    checks.push(ok('tls', where), clock)
    return null
  }
  const pinned =
    caPin === null
      ? 'its CA was not compared: no fingerprint was given'
      : 'the CA is the one that was named'
  checks.push(ok('tls', `${where}, ${pinned}`))
  return ca.toString()
}

/** A clock that is off by more than a certificate's margin breaks TLS itself. */
function validityCheck(leaf: X509Certificate, nowMs: number): HostCheck | null {
  const fromMs = Date.parse(leaf.validFrom)
  const toMs = Date.parse(leaf.validTo)
  if (nowMs >= fromMs && nowMs <= toMs) return null
  const off = formatSpan(nowMs < fromMs ? fromMs - nowMs : nowMs - toMs)
  const side =
    nowMs < fromMs
      ? 'before the certificate of the control plane begins'
      : 'after the certificate of the control plane ended'
  return fail('clock', `${off} ${side}`, 'set the clock (chronyd, systemd-timesyncd or ntpd)')
}

async function answerChecks(options: LinkCheckOptions, caPem: string): Promise<HostCheck[]> {
  const { server, tokenSecret, ask, nowMs } = options
  try {
    const askedAtMs = nowMs()
    const reply = await ask(server, caPem, tokenSecret ?? '')
    const offsetMs = clockOffsetMs(askedAtMs, nowMs(), reply.planeTimeMs)
    return [
      ok('link', `control plane ${reply.version}`),
      checkClock(offsetMs),
      tokenCheck(options, reply),
    ]
  } catch (error) {
    if ((error as { code?: unknown }).code === status.UNIMPLEMENTED) {
      const old = 'the control plane is too old to say'
      return [skip('clock', old), skip('token', old)]
    }
    const advice =
      'something between lets TLS through but no HTTP/2: have it pass the port unchanged'
    return [
      fail('link', `no answer to a call (${(error as Error).message})`, advice),
      skip('clock', 'no answer'),
      skip('token', 'no answer'),
    ]
  }
}

const NEW_TOKEN = 'print a new one: sluice group token <group>'

function tokenCheck(options: LinkCheckOptions, { token, group }: CheckReply): HostCheck {
  const { tokenSecret, tokenNotNeeded } = options
  if (tokenNotNeeded !== null) return ok('token', tokenNotNeeded)
  if (tokenSecret === null) {
    return fail('token', 'none was given', `set SLUICE_ENROL_TOKEN; ${NEW_TOKEN}`)
  }
  switch (token) {
    case 'GOOD':
      return ok('token', `good, for group ${group}`)
    case 'EXPIRED':
      return fail('token', 'too old', `a token is good for 30 minutes; ${NEW_TOKEN}`)
    case 'USED':
      return fail('token', 'used already', `a token enrols one agent; ${NEW_TOKEN}`)
    default:
      return fail('token', 'unknown to the control plane', NEW_TOKEN)
  }
}
