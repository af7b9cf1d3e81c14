/**
 * An empty embedded store for a test, in a directory of its own. To make a new one takes seconds, so a
 * closed one is kept as a template beside the other temporary files, under a name that says of what
 * PGlite and schema it is, and copied.
 */
import { createHash } from 'node:crypto'
import {
  constants,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { OpenDatabase } from './database.ts'
import { readMigrations } from './migrate.ts'
import { openStore } from './open-store.ts'

export interface TestStore {
  readonly db: OpenDatabase
  readonly dataDir: string
  /** Closes the store and removes its directory. */
  remove(): Promise<void>
}

export async function openTestStore(): Promise<TestStore> {
  const dataDir = await newTestDataDir()
  const db = await openStore({ dataDir, databaseUrl: null })
  return {
    db,
    dataDir,
    async remove() {
      await db.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** A data directory with an empty, closed store. Whoever asked for it removes it. */
export async function newTestDataDir(): Promise<string> {
  const template = await templateDir()
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-store-'))
  cpSync(template, dataDir, { recursive: true, mode: constants.COPYFILE_FICLONE })
  return dataDir
}

async function templateDir(): Promise<string> {
  const template = join(tmpdir(), `sluice-store-template-${templateKey()}`)
  if (existsSync(template)) return template
  const made = mkdtempSync(join(tmpdir(), 'sluice-store-'))
  const db = await openStore({ dataDir: made, databaseUrl: null })
  await db.close()
  try {
    renameSync(made, template)
  } catch {
    rmSync(made, { recursive: true, force: true }) // another test process was first
  }
  return template
}

function templateKey(): string {
  const hash = createHash('sha256')
  hash.update(readFileSync(new URL('../../package-lock.json', import.meta.url)))
  for (const migration of readMigrations(new URL('migrations/', import.meta.url))) {
    hash.update(migration.sql)
  }
  return hash.digest('hex').slice(0, 16)
}
