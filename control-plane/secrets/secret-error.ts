export type SecretErrorCode =
  | 'KEY_MISSING' // the store holds sealed values, and the key file is not there
  | 'KEY_INVALID' // the key file is there and is no key
  | 'TAG_MISMATCH' // sealed with another key, for another place, or changed since

/** Never carries a secret, nor the key. */
export class SecretError extends Error {
  readonly code: SecretErrorCode

  constructor(code: SecretErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'SecretError'
    this.code = code
  }
}
