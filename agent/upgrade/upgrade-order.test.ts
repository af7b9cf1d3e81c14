import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'

import { checkOrder } from './upgrade-order.ts'
import type { UpgradeHost } from './upgrade-order.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const MANIFEST = {
  version: '1.1.0',
  os: process.platform,
  arch: 'x64',
  sha256: 'ab'.repeat(32),
  bytes: 1_000,
  builtAt: '2026-11-01T00:00:00.000Z',
}
const HOST: UpgradeHost = {
  version: '1.0.0',
  arch: 'x64',
  supervisor: 'systemd',
  releaseKeyPem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  installationProblem: null,
}

function orderOf(over: Readonly<Record<string, unknown>> = {}, key = privateKey) {
  const manifest = JSON.stringify({ ...MANIFEST, ...over })
  const signature = sign(null, Buffer.from(manifest), key)
  return { upgradeId: 7, manifest, signature, drainMs: 600_000, healthMs: 120_000 }
}

test('an order with a good signature for this host is followed', () => {
  assert.deepEqual(checkOrder(orderOf(), HOST), {
    ok: true,
    order: {
      upgradeId: 7,
      version: '1.1.0',
      sha256: MANIFEST.sha256,
      bytes: 1_000,
      drainMs: 600_000,
      healthMs: 120_000,
    },
  })
})

test('everything else is refused with the reason', () => {
  const stranger = generateKeyPairSync('ed25519').privateKey
  const changed = { ...orderOf(), manifest: JSON.stringify({ ...MANIFEST, bytes: 1_001 }) }
  const cases: readonly (readonly [ReturnType<typeof orderOf>, Partial<UpgradeHost>, RegExp])[] = [
    [orderOf({}, stranger), {}, /not signed with the release key/],
    [changed, {}, /not signed with the release key/],
    [{ ...orderOf(), signature: Buffer.alloc(0) }, {}, /not signed with the release key/],
    [orderOf(), { releaseKeyPem: null }, /no release key/],
    [orderOf(), { releaseKeyPem: 'garbage' }, /cannot be checked/],
    [orderOf(), { supervisor: 'none' }, /nothing starts this agent again/],
    [orderOf(), { installationProblem: 'not writable' }, /^not writable$/],
    [orderOf({ arch: 'arm64' }), {}, /for \w+ on arm64, this host is \w+ on x64/],
    [orderOf({ os: 'plan9' }), {}, /for plan9 on x64/],
    [orderOf({ version: '1.0.0' }), {}, /runs 1.0.0 already/],
    [orderOf({ version: '../../bin' }), {}, /not one that this agent understands/],
    [orderOf({ sha256: 'ab' }), {}, /not one that this agent understands/],
    [orderOf({ bytes: 1e12 }), {}, /at most \d+ are taken/],
    [{ ...orderOf(), manifest: ' '.repeat(5_000) }, {}, /too long/],
  ]
  for (const [order, host, expected] of cases) {
    const checked = checkOrder(order, { ...HOST, ...host })
    assert(!checked.ok, String(expected))
    assert.match(checked.problem, expected)
  }
})
