/** What everything else stands on: the store, which is this process's from here on, keys and certificates. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import type { Logger } from 'pino'

import { systemClock } from '../../lib/clock.ts'
import { createAuditRecorder, type AuditRecorder } from '../audit/recorder.ts'
import type { ControlPlaneConfig } from '../config.ts'
import { prepareFirstStart } from '../first-start.ts'
import { loadSecretKey } from '../secrets/key-file.ts'
import type { SecretKey } from '../secrets/seal.ts'
import { insertAuditEvents } from '../store/audit-events/insert-audit-events.ts'
import type { OpenDatabase } from '../store/database.ts'
import { hasSecrets } from '../store/has-secrets.ts'
import { openStore } from '../store/open-store.ts'
import { takeOver } from '../store/take-over.ts'
import { openTls } from '../tls/open-tls.ts'
import { openReleaseKey, type ReleaseKey } from '../tls/release-key.ts'
import type { ServerTls } from '../tls/server-tls.ts'

export interface Foundation {
  readonly config: ControlPlaneConfig
  readonly log: Logger
  /** The process cannot go on; does not return. */
  readonly onFatal: (error: unknown) => void
  readonly db: OpenDatabase
  /** Of this process; see store/take-over.ts. */
  readonly epoch: number
  readonly key: SecretKey
  readonly tls: ServerTls
  readonly releaseKey: ReleaseKey
  readonly auditRecorder: AuditRecorder
}

/** Rejects when another process has the data directory, or a key or certificate is missing. */
export async function openFoundation(
  config: ControlPlaneConfig,
  log: Logger,
  onFatal: (error: unknown) => void,
): Promise<Foundation> {
  const { dataDir, databaseUrl } = config
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const db = await openStore({ dataDir, databaseUrl, onLost: onFatal })
  const key = loadSecretKey({
    dataDir,
    keyFile: config.secretKeyFile,
    storeHasSecrets: await hasSecrets(db),
  })
  const epoch = await takeOver(db, Date.now())
  await prepareFirstStart(db, dataDir, Date.now())
  const hostNames = [...config.hostNames, config.linkListen.host, config.listen.host]
  const tls = await openTls({ dir: join(dataDir, 'tls'), hostNames, nowMs: Date.now() })
  const auditRecorder = createAuditRecorder({
    write: (events) => insertAuditEvents(db, events),
    clock: systemClock,
    log,
  })
  const releaseKey = await openReleaseKey(dataDir)
  return { config, log, onFatal, db, epoch, key, tls, releaseKey, auditRecorder }
}
