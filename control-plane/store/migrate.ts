/**
 * Brings a store to the schema of this code.
 *
 * M1. A migration that was released is never edited: its checksum is remembered and compared.
 * M2. Each is one transaction together with the row that says it was applied.
 * M3. Whoever migrates holds the lock first and looks second, so that two starts at once do it once.
 * M4. A store newer than the code is refused: the code does not know what it would break.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

import type { Backend, ScriptTransaction } from './backend.ts'
import { StoreError } from './database.ts'

export interface Migration {
  readonly version: number
  readonly sql: string
}

/** Any number that nothing else in the database uses as an advisory lock. */
const MIGRATION_LOCK = 5_746_211

const FILE_NAME = /^(\d{6})\.sql$/

/** Reads `000001.sql`, `000002.sql`, ... of a folder; a gap in the numbers is an error. */
export function readMigrations(folder: URL): readonly Migration[] {
  const numbers = readdirSync(folder)
    .map((name) => FILE_NAME.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .sort()
  return numbers.map((number, index) => {
    if (Number(number) !== index + 1) {
      throw new StoreError('FAILED', `${folder.pathname}: ${number}.sql follows a gap`)
    }
    return { version: index + 1, sql: readFileSync(new URL(`${number}.sql`, folder), 'utf8') }
  })
}

/** Applies what is missing; returns the versions that it applied. */
export async function migrate(
  backend: Backend,
  migrations: readonly Migration[],
): Promise<readonly number[]> {
  const applied: number[] = []
  for (;;) {
    const version = await backend.scriptTransaction((tx) => applyNext(tx, migrations)) // M2
    if (version === null) return applied
    applied.push(version)
  }
}

async function applyNext(tx: ScriptTransaction, migrations: readonly Migration[]) {
  await tx.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]) // M3
  await tx.script(
    `CREATE TABLE IF NOT EXISTS schema_migrations (
       version  integer PRIMARY KEY,
       checksum text NOT NULL
     )`,
  )
  const done = await tx.query<{ version: number; checksum: string }>(
    'SELECT version, checksum FROM schema_migrations ORDER BY version',
  )
  refuseForeign(done, migrations)
  const next = migrations[done.length]
  if (next === undefined) return null
  await tx.script(next.sql)
  await tx.query('INSERT INTO schema_migrations (version, checksum) VALUES ($1, $2)', [
    next.version,
    checksum(next.sql),
  ])
  return next.version
}

function refuseForeign(
  done: readonly { version: number; checksum: string }[],
  migrations: readonly Migration[],
): void {
  if (done.length > migrations.length) {
    throw new StoreError(
      'FAILED',
      `the store has schema version ${done.length}, this release knows ${migrations.length}: ` +
        'start the newer release that wrote it, or restore a backup from before the upgrade',
    ) // M4
  }
  for (const [index, row] of done.entries()) {
    const known = migrations[index]
    if (known?.version !== row.version || checksum(known.sql) !== row.checksum) {
      throw new StoreError(
        'FAILED',
        `the store's schema version ${row.version} was made by a different text than this ` +
          "release's: it belongs to another build; start that one, or take another store",
      ) // M1
    }
  }
}

function checksum(sql: string): string {
  return createHash('sha256').update(sql).digest('hex')
}
