/** An order to upgrade, as it came, and whether this agent follows it. */
import { createPublicKey, verify } from 'node:crypto'

import type { Upgrade } from '../../proto/gen/sluice/agent/v1/Upgrade.ts'

const VERSION = /^\d{1,6}\.\d{1,6}\.\d{1,6}(?:-[0-9A-Za-z.-]{1,64})?$/
const SHA256_HEX = /^[0-9a-f]{64}$/
/** A manifest is a few hundred characters. */
const MANIFEST_CHARS_MAX = 4_096
/** What a release may take, packed. */
const BUNDLE_BYTES_MAX = 512 * 1024 * 1024
const DURATION_MS_MAX = 24 * 60 * 60 * 1000

export interface UpgradeOrder {
  readonly upgradeId: number
  readonly version: string
  /** Of the archive, hex. */
  readonly sha256: string
  readonly bytes: number
  readonly drainMs: number
  readonly healthMs: number
}

/** Where an order comes to. */
export interface UpgradeHost {
  /** What runs here. */
  readonly version: string
  readonly arch: string
  /** What starts the agent again: systemd | launcher | none. */
  readonly supervisor: string
  /** As pinned at enrolment; null: none was given. */
  readonly releaseKeyPem: string | null
  /** Why there is no place for another release; null: there is. */
  readonly installationProblem: string | null
}

export type CheckedOrder =
  | { readonly ok: true; readonly order: UpgradeOrder }
  /** For the control plane, and for the person who reads it there. */
  | { readonly ok: false; readonly problem: string }

/** The signature is looked at before anything that it covers. */
export function checkOrder(upgrade: Upgrade, host: UpgradeHost): CheckedOrder {
  const problem = signatureProblem(upgrade, host) ?? hostProblem(host)
  if (problem !== null) return { ok: false, problem }
  const manifest = parseManifest(upgrade.manifest)
  if (manifest === null) return refuse('the manifest is not one that this agent understands')
  const { version, os, arch, sha256, bytes } = manifest
  if (os !== process.platform || arch !== host.arch) {
    return refuse(
      `the bundle is for ${os} on ${arch}, this host is ${process.platform} on ${host.arch}`,
    )
  }
  if (version === host.version) return refuse(`this agent runs ${version} already`)
  if (bytes > BUNDLE_BYTES_MAX) {
    return refuse(`the bundle takes ${bytes} bytes, at most ${BUNDLE_BYTES_MAX} are taken`)
  }
  const { upgradeId } = upgrade
  const drainMs = Math.min(upgrade.drainMs, DURATION_MS_MAX)
  const healthMs = Math.min(upgrade.healthMs, DURATION_MS_MAX)
  return { ok: true, order: { upgradeId, version, sha256, bytes, drainMs, healthMs } }
}

function signatureProblem({ manifest, signature }: Upgrade, host: UpgradeHost): string | null {
  if (host.releaseKeyPem === null) {
    return 'this agent has no release key of its control plane: enrol it again, with --force, to give it one'
  }
  if (manifest.length > MANIFEST_CHARS_MAX) return 'the manifest is too long'
  try {
    const key = createPublicKey(host.releaseKeyPem)
    if (key.asymmetricKeyType !== 'ed25519') return 'the pinned release key is no Ed25519 key'
    return verify(null, Buffer.from(manifest), key, signature)
      ? null
      : 'the manifest is not signed with the release key that was pinned at enrolment'
  } catch (error) {
    return `the manifest's signature cannot be checked: ${error instanceof Error ? error.message : String(error)}`
  }
}

function hostProblem({ supervisor, installationProblem }: UpgradeHost): string | null {
  if (supervisor === 'none' || supervisor === '') {
    return "nothing starts this agent again, so it cannot be upgraded from the control plane: install it with the group's install command, or upgrade it by hand"
  }
  return installationProblem
}

function parseManifest(
  text: string,
): (Pick<UpgradeOrder, 'version' | 'sha256' | 'bytes'> & { os: string; arch: string }) | null {
  try {
    const value = JSON.parse(text) as Readonly<Record<string, unknown>> | null
    const { version, os, arch, sha256, bytes } = value ?? {}
    if (
      typeof version === 'string' &&
      VERSION.test(version) &&
      typeof os === 'string' &&
      typeof arch === 'string' &&
      typeof sha256 === 'string' &&
      SHA256_HEX.test(sha256) &&
      typeof bytes === 'number' &&
      Number.isSafeInteger(bytes) &&
      bytes > 0
    ) {
      return { version, os, arch, sha256, bytes }
    }
  } catch {
    // said by the caller
  }
  return null
}

function refuse(problem: string): CheckedOrder {
  return { ok: false, problem }
}
