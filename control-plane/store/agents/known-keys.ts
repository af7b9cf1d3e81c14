import type { Database } from '../database.ts'

/** Those of these keys' hashes that some agent holds. */
export async function knownKeys(
  db: Database,
  publicKeyHashes: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ hash: string }>(
    'SELECT public_key_hash AS hash FROM agents WHERE public_key_hash = ANY ($1::text[])',
    [publicKeyHashes],
  )
  return new Set(rows.map(({ hash }) => hash))
}
