/**
 * The key of the secrets: 32 random bytes as base64 in a file of its own (0600), outside of the database, so
 * that a copy of the database alone opens nothing.
 */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

import { deriveSecretKey, KEY_BYTES } from './seal.ts'
import type { SecretKey } from './seal.ts'
import { SecretError } from './secret-error.ts'

export interface KeyFileOptions {
  readonly dataDir: string
  /** SLUICE_SECRET_KEY_FILE; null: `<dataDir>/secret.key`. */
  readonly keyFile: string | null
  /** The store already holds sealed values: a new key could not open them, so none is made. */
  readonly storeHasSecrets: boolean
}

/** Reads the key, or makes it at the first start. SecretError KEY_MISSING, KEY_INVALID. */
export function loadSecretKey(options: KeyFileOptions): SecretKey {
  const path = options.keyFile ?? join(options.dataDir, 'secret.key')
  const found = readKey(path)
  if (found !== null) return deriveSecretKey(found)
  if (options.storeHasSecrets) {
    throw new SecretError(
      'KEY_MISSING',
      `the key file ${path} is missing, and the store holds secrets that were sealed with it: bring ` +
        'it back from a backup, or name it by SLUICE_SECRET_KEY_FILE',
    )
  }
  makeKey(path)
  const made = readKey(path)
  if (made === null) throw new SecretError('KEY_MISSING', `the key file ${path} vanished`)
  return deriveSecretKey(made)
}

function readKey(path: string): Uint8Array | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8').trim()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new SecretError('KEY_INVALID', `the key file ${path} cannot be read`, { cause })
  }
  const key = Buffer.from(text, 'base64')
  if (key.length !== KEY_BYTES || key.toString('base64') !== text) {
    throw new SecretError(
      'KEY_INVALID',
      `the key file ${path} does not hold ${KEY_BYTES} bytes in base64: bring back the right file`,
    )
  }
  // Not ours to refuse: in a container the file may be mounted with a mode of its own.
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) restrict(path)
  return new Uint8Array(key)
}

function restrict(path: string): void {
  try {
    chmodSync(path, 0o600)
  } catch {
    // Mounted read-only: its mode was chosen by whoever mounted it.
  }
}

/** Complete under its name or not there at all, and never over a key that another process made. */
function makeKey(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${randomBytes(8).toString('hex')}.new`
  const file = openSync(temporary, 'wx', 0o600)
  try {
    writeSync(file, `${randomBytes(KEY_BYTES).toString('base64')}\n`)
    fsyncSync(file)
    linkSync(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    closeSync(file)
    unlinkSync(temporary)
  }
  syncFolder(dirname(path))
}

/** The name too survives a power cut: what is sealed with a lost key is lost. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
