import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'
import type { DatasourceType } from './datasource-row.ts'

export interface DatasourceInput {
  readonly name: string
  readonly type: DatasourceType
  readonly description: string
  /** Without secrets. */
  readonly properties: unknown
  /** The sealed secrets of that version: the version is part of what the seal is bound to. */
  readonly sealSecrets: (version: number) => Uint8Array
  readonly updatedAtMs: number
}

export interface UpsertedDatasource {
  readonly id: number
  readonly version: number
}

/**
 * Version 1 of a new data source, or the next version of the one with this name.
 * CONFLICT on `datasources_name_key` when two create the same name at once.
 */
export function upsertDatasource(
  db: Database,
  input: DatasourceInput,
): Promise<UpsertedDatasource> {
  return db.transaction(async (tx) => {
    const [before] = await tx.query<UpsertedDatasource>(
      'SELECT id, version FROM datasources WHERE name = $1 FOR UPDATE',
      [input.name],
    )
    const version = (before?.version ?? 0) + 1
    const values = [
      input.name,
      input.type,
      input.description,
      jsonParam(input.properties),
      input.sealSecrets(version),
      version,
      input.updatedAtMs,
    ]
    const rows = await tx.query<UpsertedDatasource>(
      before === undefined
        ? `INSERT INTO datasources
             (name, type, description, properties, secrets, version, updated_at_ms)
           VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7)
           RETURNING id, version`
        : `UPDATE datasources
              SET type = $2, description = $3, properties = $4::jsonb, secrets = $5, version = $6,
                  updated_at_ms = $7
            WHERE name = $1
            RETURNING id, version`,
      values,
    )
    return rows[0]!
  })
}
