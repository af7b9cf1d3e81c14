import type { Database } from '../database.ts'
import { DATASOURCE_COLUMNS } from './datasource-row.ts'
import type { DatasourceRow } from './datasource-row.ts'

export interface SealedDatasourceRow extends DatasourceRow {
  /** Sealed for this name and this version. */
  readonly secrets: Uint8Array
}

export async function findDatasource(
  db: Database,
  name: string,
): Promise<SealedDatasourceRow | null> {
  const [row] = await db.query<SealedDatasourceRow>(
    `SELECT ${DATASOURCE_COLUMNS}, d.secrets FROM datasources d WHERE d.name = $1`,
    [name],
  )
  return row ?? null
}
