/** Tokens: 256 random bits, shown once; the store only knows their hash. */
import { createHash, randomBytes } from 'node:crypto'

const TOKEN_BYTES = 32

/** What a token is for is written in front of it: people, and scanners for leaked secrets, can tell. */
export type TokenPrefix = 'sluice_api' | 'sluice_enrol'

/** `<prefix>_<43 characters of base64url>`. */
export function newToken(prefix: TokenPrefix): string {
  return `${prefix}_${randomBytes(TOKEN_BYTES).toString('base64url')}`
}

/** SHA-256 (hex). A token has 256 bits, so that a bare hash can not be guessed back. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
