import type { Exchange } from '../http/exchange.ts'
import { ServiceError } from '../service-error.ts'
import { partitionCondition, physicalName } from '../store/catalog.ts'
import type { Catalog } from '../store/catalog.ts'
import type { Database } from '../store/database.ts'
import { noSuchPartition, parseSpec, specValues } from '../store/partition-spec.ts'
import type { ColumnDef, TableDef } from '../store/table-def.ts'
import { schemaReply } from '../upload/session.ts'
import { newId } from '../upload/upload-routes.ts'
import { countRows } from './row-source.ts'
import type { RowSource } from './row-source.ts'
import { sendRows } from './send-rows.ts'

const SESSION_LIFE_MS = 24 * 60 * 60 * 1000
/** The oldest sessions are forgotten beyond this; nobody closes them. */
const SESSIONS_MAX = 10_000

interface DownloadSession {
  readonly id: string
  readonly createdMs: number
  readonly rowCount: number
  readonly source: RowSource
  readonly partitionKeys: readonly ColumnDef[]
  /** Throws when the rows of the session are no longer there. */
  readonly checkUnchanged: () => void
}

/**
 * Download sessions.
 *
 * W1. A session is its first `rowCount` rows in insertion order. Appends come after them and do not disturb it;
 *     whatever moves or removes rows (overwrite, truncate, drop, new columns) ends it with TableModified.
 */
export class DownloadRoutes {
  private readonly catalog: Catalog
  private readonly database: Database
  private readonly now: () => number
  private readonly sessions = new Map<string, DownloadSession>()

  constructor(catalog: Catalog, database: Database, now: () => number) {
    this.catalog = catalog
    this.database = database
    this.now = now
  }

  async createForTable(exchange: Exchange, project: string, tableName: string): Promise<void> {
    const table = this.catalog.table(project, tableName)
    const values = this.partition(exchange, table)
    const rewrites = this.catalog.rewriteCount(table, values)
    const source = tableSource(table, values)
    const checkUnchanged = (): void => {
      const current = this.catalog.findTable(project, tableName)
      const isSame =
        current?.id === table.id && this.catalog.rewriteCount(table, values) === rewrites
      if (isSame) return
      throw new ServiceError(
        'TableModified',
        `The specified table ${project}.${tableName} has been modified since the download initiated`,
      )
    }
    await this.create(exchange, source, table.partitionKeys, checkUnchanged)
  }

  /** Opens a session over a query's result, which never changes. */
  async createForResult(exchange: Exchange, source: RowSource): Promise<void> {
    await this.create(exchange, source, [], () => {})
  }

  reload(exchange: Exchange): void {
    exchange.json(reply(this.session(exchange)))
  }

  async data(exchange: Exchange): Promise<void> {
    const session = this.session(exchange)
    session.checkUnchanged()
    await sendRows(exchange, this.database, session.source, session.rowCount)
  }

  private async create(
    exchange: Exchange,
    source: RowSource,
    partitionKeys: readonly ColumnDef[],
    checkUnchanged: () => void,
  ): Promise<void> {
    const session: DownloadSession = {
      id: newId(this.now()),
      createdMs: this.now(),
      rowCount: await countRows(this.database, source),
      source,
      partitionKeys,
      checkUnchanged,
    }
    this.sessions.set(session.id, session)
    const oldest = this.sessions.keys().next().value
    if (this.sessions.size > SESSIONS_MAX && oldest !== undefined) this.sessions.delete(oldest)
    exchange.json(reply(session))
  }

  private session(exchange: Exchange): DownloadSession {
    const id = exchange.parameter('downloadid')
    const session = this.sessions.get(id)
    if (session !== undefined && this.now() - session.createdMs <= SESSION_LIFE_MS) return session
    throw new ServiceError('NoSuchDownload', `There is no download ${id}`)
  }

  private partition(exchange: Exchange, table: TableDef): readonly string[] | null {
    const spec = exchange.parameters.get('partition') ?? ''
    if (spec === '' && table.partitionKeys.length === 0) return null
    if (spec === '') {
      throw new ServiceError(
        'MissingPartitionSpec',
        `table ${table.project}.${table.name} is partitioned: the partition parameter is missing`,
      )
    }
    const values = specValues(table, parseSpec(spec))
    if (this.catalog.findPartition(table, values) === null) throw noSuchPartition(table, values)
    return values
  }
}

export function tableSource(table: TableDef, values: readonly string[] | null): RowSource {
  return {
    from: physicalName(table),
    where: values === null ? '' : partitionCondition(table, values),
    columns: table.columns,
  }
}

function reply(session: DownloadSession): unknown {
  return {
    DownloadID: session.id,
    Status: 'normal',
    Owner: 'ALIYUN$local',
    Initiated: new Date(session.createdMs).toUTCString(),
    RecordCount: session.rowCount,
    QuotaName: '',
    Schema: schemaReply(session.source.columns, session.partitionKeys),
  }
}
