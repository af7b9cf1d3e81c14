import { createHash, randomBytes } from 'node:crypto'

/** 256 bits: a token is guessed by nobody. */
const SECRET_BYTES = 32
/** 128 bits of the CA's SHA-256: nobody makes a second CA that fits. */
const PIN_HEX_DIGITS = 32

export interface MintedEnrolToken {
  /** What the user is shown, once. `<secret>.<first 32 hex digits of the CA's SHA-256>` */
  readonly token: string
  /** SHA-256 (hex) of the secret: all that the store keeps. */
  readonly tokenHash: string
}

/** A new one-time token that also tells the host which CA to trust. */
export function mintEnrolToken(caFingerprint: string): MintedEnrolToken {
  const secret = randomBytes(SECRET_BYTES).toString('base64url')
  const pin = caFingerprint.replaceAll(':', '').toLowerCase().slice(0, PIN_HEX_DIGITS)
  return { token: `${secret}.${pin}`, tokenHash: hashEnrolSecret(secret) }
}

/** What an agent sends is the secret alone. */
export function hashEnrolSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
