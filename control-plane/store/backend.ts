import type { Database, OpenDatabase } from './database.ts'

/** A transaction that can also run a script of many statements: what a migration needs. */
export interface ScriptTransaction extends Database {
  script(sql: string): Promise<void>
}

/** What a backend is to this folder; the rest of the control plane sees an OpenDatabase. */
export interface Backend extends OpenDatabase {
  scriptTransaction<T>(work: (tx: ScriptTransaction) => Promise<T>): Promise<T>
}
