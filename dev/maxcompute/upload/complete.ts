import { createReadStream } from 'node:fs'
import { setImmediate } from 'node:timers/promises'

import { ServiceError } from '../service-error.ts'
import type { Catalog, CatalogChange } from '../store/catalog.ts'
import { META_SCHEMA } from '../store/database.ts'
import { toDuckValue } from '../store/duck-value.ts'
import { noSuchPartition } from '../store/partition-spec.ts'
import { TableAppender } from '../store/table-appender.ts'
import type { ColumnSource } from '../store/table-appender.ts'
import type { TableDef } from '../store/table-def.ts'
import { newBlockReader } from './block-reader.ts'
import type { SessionStore } from './session-store.ts'
import { encodeSession } from './session.ts'
import type { Block, UploadSession } from './session.ts'

const READ_CHUNK_BYTES = 4 * 1024 * 1024

/**
 * Loads all blocks of a session in one transaction that also records the session as closed (U2).
 * `loadsRows` is false when blocks were only verified.
 */
export async function completeSession(
  session: UploadSession,
  catalog: Catalog,
  store: SessionStore,
  loadsRows: boolean,
  nowMs: number,
): Promise<void> {
  refuseUnlessNormal(session)
  session.status = 'closing'
  try {
    await catalog.write(async (change) => {
      const table = targetTable(session, catalog)
      if (loadsRows) await loadBlocks(session, table, change, store)
      await touch(session, table, change, nowMs)
      const closed: UploadSession = { ...session, status: 'closed', closedMs: nowMs }
      await change.connection.run(`INSERT INTO ${META_SCHEMA}.closed_uploads VALUES (?, ?, ?)`, [
        session.id,
        BigInt(nowMs),
        encodeSession(closed),
      ])
    })
  } catch (error) {
    session.status = 'normal'
    throw error
  }
  session.closedMs = nowMs
  session.status = 'closed'
  await store.afterClose(session)
}

export function refuseUnlessNormal(session: UploadSession): void {
  if (session.status === 'normal') return
  throw new ServiceError(
    'StatusConflict',
    `You cannot complete the specified operation under the current upload or download status: upload ${session.id} is ${session.status}`,
  )
}

function targetTable(session: UploadSession, catalog: Catalog): TableDef {
  const table = catalog.table(session.project, session.table)
  if (table.id !== session.tableId) {
    throw new ServiceError(
      'TableModified',
      `table ${session.project}.${session.table} was dropped and created again since upload ${session.id} began`,
    )
  }
  if (session.partition !== null && catalog.findPartition(table, session.partition) === null) {
    throw noSuchPartition(table, session.partition)
  }
  return table
}

async function loadBlocks(
  session: UploadSession,
  table: TableDef,
  change: CatalogChange,
  store: SessionStore,
): Promise<void> {
  if (session.isOverwrite) await change.deleteRows(table, session.partition)
  const columns = [...table.columns, ...table.partitionKeys]
  const target = { schema: table.project, name: table.name }
  const sources = columnSources(session, table)
  const appender = await TableAppender.open(change.connection, target, columns, sources)
  const blocks = [...session.blocks.values()].sort((a, b) => a.id - b.id)
  for (const block of blocks) await loadBlock(session, block, appender, store)
  appender.close()
}

async function loadBlock(
  session: UploadSession,
  block: Block,
  appender: TableAppender,
  store: SessionStore,
): Promise<void> {
  const reader = newBlockReader(block.format, session.columns, (batch) => appender.append(batch))
  const file = createReadStream(store.blockFile(session, block), {
    highWaterMark: READ_CHUNK_BYTES,
  })
  for await (const piece of file as AsyncIterable<Buffer>) {
    reader.push(piece)
    // Appending is synchronous: other requests get their turn between pieces.
    await setImmediate()
  }
  reader.end()
}

/** Columns that were added after the session began stay NULL. */
function columnSources(session: UploadSession, table: TableDef): ColumnSource[] {
  const data = table.columns.map((column): ColumnSource => {
    const index = session.columns.findIndex((c) => c.name === column.name)
    return index < 0 ? { kind: 'constant', value: null } : { kind: 'batch', index }
  })
  const keys = table.partitionKeys.map((key, i): ColumnSource => {
    const text = session.partition?.[i] ?? ''
    return { kind: 'constant', value: partitionValue(key.type, text) }
  })
  return [...data, ...keys]
}

function partitionValue(
  type: TableDef['columns'][number]['type'],
  text: string,
): ReturnType<typeof toDuckValue> {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return toDuckValue(type, BigInt(text))
    case 'date':
      return toDuckValue(type, BigInt(Date.parse(`${text}T00:00:00Z`) / 86_400_000))
    default:
      return toDuckValue(type, Buffer.from(text, 'utf8'))
  }
}

async function touch(
  session: UploadSession,
  table: TableDef,
  change: CatalogChange,
  nowMs: number,
): Promise<void> {
  await change.updateTable({ ...table, lastModifiedMs: nowMs })
  if (session.partition !== null) await change.touchPartition(table, session.partition, nowMs)
}
