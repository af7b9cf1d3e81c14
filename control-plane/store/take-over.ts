import type { Database } from './database.ts'
import { StoreError } from './database.ts'

/** Makes this process the store's owner: takes the next epoch, and thereby fences every older one. */
export async function takeOver(db: Database, nowMs: number): Promise<number> {
  const [row] = await db.query<{ epoch: number }>(
    'UPDATE control_plane SET epoch = epoch + 1, started_at_ms = $1 WHERE id = 1 RETURNING epoch',
    [nowMs],
  )
  if (row === undefined) throw new StoreError('FAILED', 'the control_plane row is missing')
  return row.epoch
}

/**
 * A transaction of the owner alone: StoreError FENCED when a later process has taken over. The row
 * stays locked to the end, so a take-over waits for the transaction instead of overtaking it. The work is
 * not kept waiting for the answer: of a process that is fenced nothing is committed.
 * `onDone` is called when nothing is left but the commit.
 */
export function fenced<T>(
  db: Database,
  epoch: number,
  work: (tx: Database) => Promise<T>,
  onDone: () => void = () => {},
): Promise<T> {
  return db.transaction(async (tx) => {
    const owned = lockOwner(tx, epoch)
    owned.catch(() => {}) // awaited below
    try {
      const value = await work(tx)
      await owned
      onDone()
      return value
    } catch (error) {
      await owned // what it says comes first: the work fails of it, too
      throw error
    }
  })
}

async function lockOwner(tx: Database, epoch: number): Promise<void> {
  const [row] = await tx.query<{ epoch: number }>(
    'SELECT epoch FROM control_plane WHERE id = 1 FOR UPDATE',
  )
  if (row?.epoch === epoch) return
  throw new StoreError(
    'FENCED',
    `another control plane has taken over the store (epoch ${row?.epoch ?? 'unknown'}, ` +
      `this one is ${epoch}): this process must stop`,
  )
}
