import type { Database } from '../database.ts'
import { DATASOURCE_COLUMNS } from './datasource-row.ts'
import type { DatasourceRow } from './datasource-row.ts'

/** By name. */
export function listDatasources(db: Database): Promise<DatasourceRow[]> {
  return db.query<DatasourceRow>(`SELECT ${DATASOURCE_COLUMNS} FROM datasources d ORDER BY d.name`)
}
