import type { OpenDatabase, StoreError } from './database.ts'
import { openEmbedded } from './embedded.ts'
import { migrate, readMigrations } from './migrate.ts'
import { openPostgres } from './postgres.ts'

export interface StoreOptions {
  /** Of the control plane; the embedded store lives in `postgres/` below it. */
  readonly dataDir: string
  /** `postgres://...`; null: the embedded store. */
  readonly databaseUrl: string | null
  /**
   * The embedded store has stopped by itself: a process that goes on has no store any more. A server
   * comes back, so nobody is called. Absent: only callers hear of it.
   */
  readonly onLost?: (error: StoreError) => void
}

/** Opens the store and brings its schema up to date. Throws StoreError. */
export async function openStore(options: StoreOptions): Promise<OpenDatabase> {
  const migrations = readMigrations(new URL('migrations/', import.meta.url))
  const backend =
    options.databaseUrl === null
      ? await openEmbedded(options.dataDir, options)
      : await openPostgres(options.databaseUrl)
  try {
    await migrate(backend, migrations)
  } catch (error) {
    await backend.close()
    throw error
  }
  return backend
}
