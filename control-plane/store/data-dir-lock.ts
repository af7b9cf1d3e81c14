/**
 * One process at a time on a data directory.
 *
 * The lock is the kernel's, on an SQLite file that is never written: the kernel gives it back when the
 * process ends in whatever way, so that kill -9 leaves nothing to clean up, and unlike a process id in
 * a file it holds between containers that share the directory. The process id stands beside it, for people.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { StoreError } from './database.ts'

const SQLITE_BUSY = 5

/** Takes the lock or throws StoreError UNAVAILABLE with who holds it. Returns its release. */
export function lockDataDir(dataDir: string): () => void {
  const holderFile = join(dataDir, 'store.holder')
  const lock = new DatabaseSync(join(dataDir, 'store.lock'), { timeout: 0 })
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    if ((cause as { errcode?: unknown }).errcode !== SQLITE_BUSY) throw cause
    throw new StoreError(
      'UNAVAILABLE',
      `the data directory ${dataDir} is in use by another control plane (${holder(holderFile)}): ` +
        'stop that one first, or give this one a directory of its own',
      { cause },
    )
  }
  writeFileSync(holderFile, `pid ${process.pid} on host ${hostname()}\n`)
  return () => lock.close()
}

function holder(holderFile: string): string {
  try {
    return readFileSync(holderFile, 'utf8').trim()
  } catch {
    return 'process id unknown'
  }
}
