import { decodeColumn, encodeColumn } from '../store/table-def.ts'
import type { ColumnDef, TableDef } from '../store/table-def.ts'
import { formatType } from '../type/odps-type.ts'
import { FIELD_BYTES_MAX } from '../wire/record-scanner.ts'

export type BlockFormat = 'record' | 'arrow'

export interface Block {
  readonly id: number
  readonly format: BlockFormat
  readonly recordCount: number
  readonly bytes: number
  readonly receivedMs: number
  /** Grows with every PUT of the session: of two files of one block the higher one counts. */
  readonly sequence: number
}

/**
 * An upload session: `normal` takes blocks, `closing` loads them, `closed` is done. A load that fails goes back
 * to `normal`. `closing` is never stored: after a crash the database says whether the session is closed.
 */
export type UploadStatus = 'normal' | 'closing' | 'closed'

export interface UploadSession {
  readonly id: string
  readonly project: string
  readonly table: string
  readonly tableId: string
  /** The target partition's values in key order; null for a table without partitions. */
  readonly partition: readonly string[] | null
  readonly isOverwrite: boolean
  readonly createdMs: number
  readonly columns: readonly ColumnDef[]
  readonly partitionKeys: readonly ColumnDef[]
  status: UploadStatus
  closedMs: number | null
  readonly blocks: Map<number, Block>
}

export function newSession(
  id: string,
  table: TableDef,
  partition: readonly string[] | null,
  isOverwrite: boolean,
  nowMs: number,
): UploadSession {
  return {
    id,
    project: table.project,
    table: table.name,
    tableId: table.id,
    partition,
    isOverwrite,
    createdMs: nowMs,
    columns: table.columns,
    partitionKeys: table.partitionKeys,
    status: 'normal',
    closedMs: null,
    blocks: new Map(),
  }
}

/** The session as stored: everything but blocks that have files of their own, unless it is closed. */
export function encodeSession(session: UploadSession): string {
  return JSON.stringify({
    ...session,
    columns: session.columns.map(encodeColumn),
    partitionKeys: session.partitionKeys.map(encodeColumn),
    status: session.status === 'closed' ? 'closed' : 'normal',
    blocks: session.status === 'closed' ? [...session.blocks.values()] : [],
  })
}

export function decodeSession(json: string): UploadSession {
  const stored = JSON.parse(json) as Omit<UploadSession, 'blocks' | 'columns' | 'partitionKeys'> & {
    blocks: Block[]
    columns: Parameters<typeof decodeColumn>[0][]
    partitionKeys: Parameters<typeof decodeColumn>[0][]
  }
  return {
    ...stored,
    columns: stored.columns.map(decodeColumn),
    partitionKeys: stored.partitionKeys.map(decodeColumn),
    blocks: new Map(stored.blocks.map((b) => [b.id, b])),
  }
}

/** The session as clients see it; SDKs parse the whole of it after every request. */
export function sessionReply(session: UploadSession): unknown {
  const blocks = [...session.blocks.values()].sort((a, b) => a.id - b.id)
  return {
    UploadID: session.id,
    Status: session.status,
    Owner: 'ALIYUN$local',
    Initiated: new Date(session.createdMs).toUTCString(),
    IsOverwrite: session.isOverwrite,
    MaxFieldSize: FIELD_BYTES_MAX,
    QuotaName: '',
    UploadedBlockList: blocks.map((b) => ({
      BlockID: b.id,
      CreateTime: Math.floor(b.receivedMs / 1000),
      Date: new Date(b.receivedMs).toUTCString(),
      FileName: '',
      RecordCount: b.recordCount,
      Version: b.sequence,
    })),
    Schema: schemaReply(session.columns, session.partitionKeys),
  }
}

export function schemaReply(
  columns: readonly ColumnDef[],
  partitionKeys: readonly ColumnDef[],
): unknown {
  return {
    IsVirtualView: false,
    columns: columns.map((c) => ({
      name: c.name,
      type: formatType(c.type),
      comment: c.comment,
      nullable: c.isNullable,
      column_id: '',
      default_value: '',
    })),
    partitionKeys: partitionKeys.map((c) => ({ name: c.name, type: formatType(c.type) })),
  }
}
