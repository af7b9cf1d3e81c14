import type { OpenDatabase } from './database.ts'
import { openEmbedded } from './embedded.ts'
import { migrate, readMigrations } from './migrate.ts'
import { openPostgres } from './postgres.ts'

export interface StoreOptions {
  /** Of the control plane; the embedded store lives in `postgres/` below it. */
  readonly dataDir: string
  /** `postgres://...`; null: the embedded store. */
  readonly databaseUrl: string | null
}

/** Opens the store and brings its schema up to date. Throws StoreError. */
export async function openStore(options: StoreOptions): Promise<OpenDatabase> {
  const migrations = readMigrations(new URL('migrations/', import.meta.url))
  const backend =
    options.databaseUrl === null
      ? await openEmbedded(options.dataDir)
      : await openPostgres(options.databaseUrl)
  try {
    await migrate(backend, migrations)
  } catch (error) {
    await backend.close()
    throw error
  }
  return backend
}
