/** All checks of a host, by the same words before the agent is installed and at any time after. */
import { X509Certificate } from 'node:crypto'

import { Metadata } from '@grpc/grpc-js'

import type { CheckReply } from '../../proto/gen/sluice/agent/v1/CheckReply.ts'
import { createLinkClient } from '../link/client.ts'
import { parseEnrolToken } from '../link/enrol-token.ts'
import { loadIdentity } from '../link/identity.ts'
import type { Identity } from '../link/identity.ts'
import type { ServerAddress } from '../link/server-address.ts'
import { fingerprintOf } from '../link/shown-chain.ts'
import { fail, type HostCheck, ok } from './host-check.ts'
import { hostChecks } from './host-checks.ts'
import { linkChecks } from './link-checks.ts'

const ASK_TIMEOUT_MS = 10_000
/** As many digits as a token carries. */
const PIN_DIGITS = 32

export interface DoctorOptions {
  readonly stateDir: string
  /** null: as enrolled. */
  readonly server: ServerAddress | null
  /** null: none; the installed agent does not need one. */
  readonly token: string | null
  /** SHA-256 of the control plane's CA, where the token does not say it. */
  readonly caFingerprint: string | null
  readonly env: Readonly<Record<string, string | undefined>>
  /** The installer looked at the host itself already. */
  readonly linkOnly: boolean
  readonly nowMs: () => number
}

export async function runDoctor(options: DoctorOptions): Promise<HostCheck[]> {
  const host = options.linkOnly ? [] : await hostChecks([options.stateDir])
  const { check, identity } = await installation(options.stateDir)
  const server = options.server ?? identity?.server ?? null
  if (server === null) {
    const advice = 'give the address of the link: --link HOST:PORT, or SLUICE_LINK'
    return [...host, check, fail('link', 'nobody said where the control plane is', advice)]
  }
  const token = secretOf(options.token)
  if (token.check !== null) return [...host, check, token.check]
  const pin = identity === null ? token.caPin : caPinOf(identity.caPem)
  const foreign = foreignIdentity(options, identity, token.caPin)
  const link = await linkChecks({
    server,
    env: options.env,
    caPin: pin ?? options.caFingerprint,
    tokenSecret: identity === null ? token.secret : null,
    tokenNotNeeded: identity === null ? null : 'not needed: the host is an agent already',
    ask: askControlPlane,
    nowMs: options.nowMs,
  })
  return [...host, foreign ?? check, ...link]
}

async function installation(
  stateDir: string,
): Promise<{ readonly check: HostCheck; readonly identity: Identity | null }> {
  try {
    const identity = await loadIdentity(stateDir)
    if (identity === null) return { check: ok('identity', 'none yet'), identity }
    const { name, group } = identity
    return { check: ok('identity', `agent ${name} of group ${group}, as it was`), identity }
  } catch (error) {
    const check = fail('identity', (error as Error).message, 'or remove the directory')
    return { check, identity: null }
  }
}

/** A host that is an agent of another control plane stays one, unless somebody says otherwise. */
function foreignIdentity(
  { stateDir, caFingerprint }: DoctorOptions,
  identity: Identity | null,
  tokenPin: string | null,
): HostCheck | null {
  const wanted = tokenPin ?? caFingerprint
  if (identity === null || wanted === null) return null
  if (wanted.startsWith(caPinOf(identity.caPem))) return null
  return fail(
    'identity',
    `${stateDir} belongs to agent ${identity.name} of another control plane`,
    'run `sluice-agent uninstall` first, or give another --state-dir',
  )
}

function secretOf(token: string | null): {
  readonly check: HostCheck | null
  readonly secret: string | null
  readonly caPin: string | null
} {
  if (token === null) return { check: null, secret: null, caPin: null }
  try {
    return { check: null, ...parseEnrolToken(token) }
  } catch (error) {
    const check = fail(
      'token',
      (error as Error).message,
      'print a new one: sluice group token <group>',
    )
    return { check, secret: null, caPin: null }
  }
}

function caPinOf(caPem: string): string {
  return fingerprintOf(new X509Certificate(caPem)).slice(0, PIN_DIGITS)
}

async function askControlPlane(
  server: ServerAddress,
  caPem: string,
  token: string,
): Promise<CheckReply> {
  const client = createLinkClient(server, caPem)
  try {
    return await new Promise((resolve, reject) => {
      const deadline = Date.now() + ASK_TIMEOUT_MS
      client.check({ token }, new Metadata(), { deadline }, (error, reply) => {
        if (error === null && reply !== undefined) resolve(reply)
        else reject(error ?? new Error('no reply'))
      })
    })
  } finally {
    client.close()
  }
}

/** For those who only want to know whether all is well. */
export function hasFailed(checks: readonly HostCheck[]): boolean {
  return checks.some(({ outcome }) => outcome === 'fail')
}
