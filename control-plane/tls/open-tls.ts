/**
 * The control plane's own CA and its server certificate, kept in one directory.
 *
 * T1. The CA is made once. Agents pin it, so losing its key means enrolling every agent again:
 *     a certificate without its key is an error for a person, never a reason to make a new CA.
 * T2. A key is written before its certificate, each through a rename: a certificate file on disk
 *     always has its key beside it, unless someone took it away.
 * T3. Key files are readable by their owner alone.
 */
import { X509Certificate, createPrivateKey } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'

import { createCa, createServerCertificate, isDueForRenewal, isFor } from './certificates.ts'
import type { KeyAndCertificate } from './certificates.ts'
import type { ServerTls } from './server-tls.ts'

const KEY_MODE = 0o600
const CERT_MODE = 0o644

export class TlsError extends Error {
  readonly code = 'CA_INCOMPLETE'

  constructor(message: string) {
    super(message)
    this.name = 'TlsError'
  }
}

export interface TlsOptions {
  /** Directory of its own, e.g. `<data dir>/tls`; made when it is missing. */
  readonly dir: string
  /** Names and IP addresses by which hosts reach the control plane; localhost is always added. */
  readonly hostNames: readonly string[]
  readonly nowMs: number
}

/**
 * Opens the CA (making it at first start) and a server certificate that is young enough and carries
 * these names (making one when there is none). Rejects with TlsError when the CA's key is gone.
 */
export async function openTls(options: TlsOptions): Promise<ServerTls> {
  await mkdir(options.dir, { recursive: true, mode: 0o700 })
  const ca = await openCa(options)
  const server = await openServerCertificate(ca, options)
  return {
    caPem: ca.certPem,
    caKeyPem: ca.keyPem,
    certChainPem: server.certPem + ca.certPem,
    keyPem: server.keyPem,
    caFingerprint: caFingerprint(ca.certPem),
  }
}

/** SHA-256 of the certificate (DER), lower-case hex, 64 digits. */
export function caFingerprint(caPem: string): string {
  return new X509Certificate(caPem).fingerprint256.replaceAll(':', '').toLowerCase()
}

async function openCa({ dir, nowMs }: TlsOptions): Promise<KeyAndCertificate> {
  const certPath = join(dir, 'ca.pem')
  const keyPath = join(dir, 'ca-key.pem')
  const [certPem, keyPem] = await Promise.all([readIfThere(certPath), readIfThere(keyPath)])
  if (certPem !== null && keyPem === null) {
    // T1
    throw new TlsError(
      `${certPath} is there but its key ${keyPath} is not: restore the key from a backup. ` +
        `Without it, remove ${dir} and enrol every agent again.`,
    )
  }
  if (certPem !== null && keyPem !== null) return { certPem, keyPem }
  const ca = await createCa(nowMs)
  await save(dir, keyPath, certPath, ca)
  return ca
}

async function openServerCertificate(
  ca: KeyAndCertificate,
  { dir, hostNames, nowMs }: TlsOptions,
): Promise<KeyAndCertificate> {
  const certPath = join(dir, 'server.pem')
  const keyPath = join(dir, 'server-key.pem')
  const [certPem, keyPem] = await Promise.all([readIfThere(certPath), readIfThere(keyPath)])
  if (certPem !== null && keyPem !== null) {
    const usable =
      new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem)) &&
      !isDueForRenewal(certPem, nowMs) &&
      (await isFor(certPem, ca.certPem, hostNames))
    if (usable) return { certPem, keyPem }
  }
  const server = await createServerCertificate(ca, hostNames, nowMs)
  await save(dir, keyPath, certPath, server)
  return server
}

async function save(
  dir: string,
  keyPath: string,
  certPath: string,
  pair: KeyAndCertificate,
): Promise<void> {
  // T2
  await writeDurably(keyPath, pair.keyPem, KEY_MODE)
  await writeDurably(certPath, pair.certPem, CERT_MODE)
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeDurably(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.new`
  const handle = await open(temporary, 'w', mode)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await chmod(temporary, mode) // T3: a file left over by a crash keeps its old mode
  await rename(temporary, path)
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
