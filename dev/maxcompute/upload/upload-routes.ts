import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'

import type { Exchange } from '../http/exchange.ts'
import { ServiceError } from '../service-error.ts'
import type { Catalog } from '../store/catalog.ts'
import { noSuchPartition, parseSpec, specValues } from '../store/partition-spec.ts'
import { isTransactional } from '../store/table-def.ts'
import type { TableDef } from '../store/table-def.ts'
import { newBlockReader, newDiscardingReader } from './block-reader.ts'
import { completeSession, refuseUnlessNormal } from './complete.ts'
import { receiveBlock } from './receive-block.ts'
import type { SessionStore } from './session-store.ts'
import { newSession, sessionReply } from './session.ts'
import type { UploadSession } from './session.ts'

const BLOCK_ID_MAX = 19_999
/** The service cuts a PUT whose client sends nothing. */
const IDLE_MS_MAX = 120_000

/** The upload requests of §4: create, put block, reload, complete. */
export class UploadRoutes {
  private readonly catalog: Catalog
  private readonly store: SessionStore
  private readonly discards: boolean
  private readonly now: () => number

  constructor(
    catalog: Catalog,
    store: SessionStore,
    options: { discards: boolean; now: () => number },
  ) {
    this.catalog = catalog
    this.store = store
    this.discards = options.discards
    this.now = options.now
  }

  async create(exchange: Exchange, project: string, tableName: string): Promise<void> {
    const table = this.catalog.table(project, tableName)
    const isOverwrite = exchange.isTrue('overwrite')
    if (isOverwrite && isTransactional(table)) {
      throw new ServiceError(
        'OverwriteModeNotAllowed',
        `table ${project}.${tableName} is transactional: overwrite is not allowed`,
      )
    }
    const partition = await this.targetPartition(exchange, table)
    const id = newId(this.now())
    const session = newSession(id, table, partition, isOverwrite, this.now())
    await this.store.add(session)
    exchange.json(sessionReply(session))
  }

  async putBlock(exchange: Exchange, project: string, tableName: string): Promise<() => void> {
    const session = this.session(exchange, project, tableName)
    const id = blockId(exchange.parameter('blockid'))
    refuseUnlessNormal(session)
    const format = exchange.parameters.has('arrow') ? 'arrow' : 'record'
    const reader = this.discards
      ? newDiscardingReader(format, session.columns)
      : newBlockReader(format, session.columns, () => {})
    const file = this.discards ? null : this.store.temporaryFile(session)
    const { request } = exchange
    request.socket.setTimeout(IDLE_MS_MAX, () => request.destroy())
    try {
      const encoding = exchange.header('content-encoding')
      const bytes = await receiveBlock(exchange.body, encoding, reader, file)
      if (session.status !== 'normal' && file !== null) await rm(file, { force: true })
      refuseUnlessNormal(session)
      const { recordCount } = reader
      const facts = { id, format, recordCount, bytes, receivedMs: this.now() } as const
      if (file === null) this.store.keepNothing(session, facts)
      else await this.store.keep(session, file, facts)
    } finally {
      request.socket.setTimeout(0)
    }
    return () => exchange.empty(200)
  }

  reload(exchange: Exchange, project: string, tableName: string): void {
    exchange.json(sessionReply(this.session(exchange, project, tableName)))
  }

  /** Completes the session; the caller sends the reply, so that a test may drop it. */
  async complete(exchange: Exchange, project: string, tableName: string): Promise<() => void> {
    const session = this.session(exchange, project, tableName)
    await completeSession(session, this.catalog, this.store, !this.discards, this.now())
    return () => exchange.json(sessionReply(session))
  }

  private session(exchange: Exchange, project: string, tableName: string): UploadSession {
    const id = exchange.parameter('uploadid')
    const session = this.store.find(id, this.now())
    const isSame =
      session?.project === project.toLowerCase() && session.table === tableName.toLowerCase()
    if (session === null || !isSame) {
      throw new ServiceError(
        'NoSuchUpload',
        `There is no upload ${id} of table ${project}.${tableName}`,
      )
    }
    const spec = exchange.parameters.get('partition') ?? ''
    if (spec !== '' || session.partition !== null) this.checkPartition(session, spec)
    return session
  }

  /** The spec must be repeated on every request of the session. */
  private checkPartition(session: UploadSession, spec: string): void {
    const given = spec === '' ? new Map<string, string>() : parseSpec(spec)
    const isSame =
      session.partition !== null &&
      given.size === session.partition.length &&
      session.partitionKeys.every((key, i) => {
        const value = given.get(key.name)
        const own = session.partition?.[i]
        return value === own || (value !== undefined && isSameInteger(value, own ?? ''))
      })
    if (isSame) return
    throw new ServiceError(
      spec === '' ? 'MissingPartitionSpec' : 'InvalidPartitionSpec',
      `upload ${session.id} belongs to partition ${session.partition?.join('/') ?? '(none)'}, the request names '${spec}'`,
    )
  }

  private async targetPartition(
    exchange: Exchange,
    table: TableDef,
  ): Promise<readonly string[] | null> {
    const spec = exchange.parameters.get('partition') ?? ''
    if (spec === '') {
      if (table.partitionKeys.length === 0) return null
      throw new ServiceError(
        'MissingPartitionSpec',
        `table ${table.project}.${table.name} is partitioned by ${table.partitionKeys.map((k) => k.name).join(', ')}: the partition parameter is missing`,
      )
    }
    const values = specValues(table, parseSpec(spec))
    if (this.catalog.findPartition(table, values) !== null) return values
    if (!exchange.isTrue('create_partition')) throw noSuchPartition(table, values)
    await this.catalog.write(async (change) => {
      if (this.catalog.findPartition(table, values) === null) {
        await change.addPartition(table, values, this.now())
      }
    })
    return values
  }
}

function blockId(text: string): number {
  const id = /^\d{1,9}$/.test(text) ? Number(text) : -1
  if (id >= 0 && id <= BLOCK_ID_MAX) return id
  throw new ServiceError('InvalidBlockID', `block id '${text}' is not in 0..${BLOCK_ID_MAX}`)
}

function isSameInteger(a: string, b: string): boolean {
  return /^[+-]?\d+$/.test(a) && /^[+-]?\d+$/.test(b) && BigInt(a) === BigInt(b)
}

/** Looks like the service's ids: time first, then something unique. */
export function newId(nowMs: number): string {
  const time = new Date(nowMs).toISOString().replaceAll(/\D/g, '')
  return `${time}g${randomBytes(8).toString('hex')}`
}
