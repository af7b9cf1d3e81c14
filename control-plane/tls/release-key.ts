/**
 * The key that bundles of the agent are signed with: Ed25519, made at the first start, apart from the
 * keys of TLS. Agents pin its public half when they enrol, so losing it means enrolling every agent
 * again before it can be upgraded from here: it belongs into the backup of the data directory.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'

const KEY_FILE = 'release-key.pem'

export interface ReleaseKey {
  readonly publicKeyPem: string
  /** Of the text's UTF-8. */
  sign(text: string): Uint8Array
}

/** Rejects when the key file cannot be read, or is no Ed25519 key. */
export async function openReleaseKey(dir: string): Promise<ReleaseKey> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const path = join(dir, KEY_FILE)
  const key = (await readKey(path)) ?? (await makeKey(path))
  return {
    publicKeyPem: createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string,
    sign: (text) => sign(null, Buffer.from(text), key),
  }
}

async function readKey(path: string): Promise<KeyObject | null> {
  let pem: string
  try {
    pem = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // said below
  }
  throw new Error(`${path} does not hold an Ed25519 key: bring it back from a backup`)
}

/** Complete under its name or not there at all, and never over a key that is there. */
async function makeKey(path: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const temporary = `${path}.${process.pid}.new`
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }))
    await file.sync()
    await link(temporary, path)
  } finally {
    await file.close()
    await unlink(temporary)
  }
  return privateKey
}
