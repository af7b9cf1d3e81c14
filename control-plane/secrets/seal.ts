/**
 * Secrets at rest. A sealed value is
 *
 *     key version (1 byte, 1) · nonce (12) · ciphertext · tag (16)
 *
 * by AES-256-GCM. The associated data says where the value stands ("datasource:<name>:<version>"), so
 * that a sealed value copied to another row does not open there; the key version is part of it.
 * A nonce is random: safe far beyond the number of values that one key will ever seal here.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'

import { SecretError } from './secret-error.ts'

export const KEY_BYTES = 32

const KEY_VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEAD_BYTES = 1 + NONCE_BYTES

/** What the key is used for, each with a key of its own that is derived from it. */
export interface SecretKey {
  readonly sealing: Uint8Array
  readonly digest: Uint8Array
}

/** From the 32 bytes of the key file. */
export function deriveSecretKey(keyBytes: Uint8Array): SecretKey {
  const derive = (use: string) =>
    new Uint8Array(hkdfSync('sha256', keyBytes, new Uint8Array(), `sluice ${use}`, KEY_BYTES))
  return { sealing: derive('seal'), digest: derive('digest') }
}

export function seal(key: SecretKey, plain: Uint8Array, place: string): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key.sealing, nonce)
  cipher.setAAD(associatedData(KEY_VERSION, place))
  const body = [cipher.update(plain), cipher.final()]
  return new Uint8Array(
    Buffer.concat([Uint8Array.of(KEY_VERSION), nonce, ...body, cipher.getAuthTag()]),
  )
}

/** SecretError TAG_MISMATCH when it was sealed with another key, for another place, or changed since. */
export function open(key: SecretKey, sealed: Uint8Array, place: string): Uint8Array {
  const version = sealed[0]
  if (version !== KEY_VERSION || sealed.length < HEAD_BYTES + TAG_BYTES) throw mismatch(place)
  const decipher = createDecipheriv('aes-256-gcm', key.sealing, sealed.subarray(1, HEAD_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(associatedData(version, place))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  const body = decipher.update(sealed.subarray(HEAD_BYTES, -TAG_BYTES))
  try {
    return new Uint8Array(Buffer.concat([body, decipher.final()]))
  } catch (cause) {
    throw mismatch(place, cause)
  }
}

/**
 * HMAC-SHA-256 (hex) of a text that holds secrets: tells whether it is the same text, and unlike a
 * bare hash allows nobody without the key to try guesses against it.
 */
export function keyedDigest(key: SecretKey, text: string): string {
  return createHmac('sha256', key.digest).update(text).digest('hex')
}

function associatedData(version: number, place: string): Buffer {
  return Buffer.from(`${version}:${place}`)
}

function mismatch(place: string, cause?: unknown): SecretError {
  return new SecretError(
    'TAG_MISMATCH',
    `the secrets of ${place} do not open: they were sealed with another key, or the store was ` +
      'changed by hand. Bring back the key file that belongs to this store, or enter them again',
    { cause },
  )
}
