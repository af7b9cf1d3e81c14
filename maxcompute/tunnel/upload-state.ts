/** What the service says about an upload session, as JSON, into types. */

import { MaxComputeError } from '../errors.ts'
import { asBoolean, type Json, parseJsonObject, parseSchema, type TableSchema } from '../schema.ts'
import type { ServiceAnswer } from '../service.ts'

/** `committing` is folded into `closing`. Anything that the service says beyond its list is `unknown`. */
export type UploadStatus =
  | 'normal'
  | 'closing'
  | 'closed'
  | 'canceled'
  | 'expired'
  | 'critical'
  | 'unknown'

export interface UploadedBlock {
  readonly blockId: number
  readonly version: number
}

export interface UploadState {
  readonly uploadId: string
  readonly status: UploadStatus
  /** Sorted by id. */
  readonly blocks: readonly UploadedBlock[]
  readonly requestId: string | undefined
}

export interface UploadDescription extends UploadState {
  readonly schema: TableSchema
  readonly overwrite: boolean
  readonly maxFieldSizeBytes: number
}

/** The service's documented limit, for sessions that do not say theirs. */
const FIELD_BYTES_MAX_DEFAULT = 8 * 1024 * 1024

const STATUSES: ReadonlySet<string> = new Set<UploadStatus>([
  'normal',
  'closing',
  'closed',
  'canceled',
  'expired',
  'critical',
])

export function parseStatus(text: unknown): UploadStatus {
  const status = typeof text === 'string' ? text.toLowerCase() : ''
  if (status === 'committing') return 'closing'
  return STATUSES.has(status) ? (status as UploadStatus) : 'unknown'
}

/** Status and blocks. `uploadId` is the one asked for: replies to a reload may leave it out. */
export function parseState(answer: ServiceAnswer, uploadId: string): UploadState {
  return stateOf(jsonOf(answer), answer, uploadId)
}

/** The whole description, as create and reload answer it. */
export function parseDescription(
  answer: ServiceAnswer,
  uploadId: string | null,
): UploadDescription {
  const json = jsonOf(answer)
  const id = uploadId ?? json['UploadID']
  if (typeof id !== 'string' || id === '') throw unexpected(answer, 'it has no UploadID')
  const schema = json['Schema']
  if (typeof schema !== 'object' || schema === null) throw unexpected(answer, 'it has no Schema')
  const maxFieldSize = Number(json['MaxFieldSize'] ?? 0)
  return {
    ...stateOf(json, answer, id),
    schema: parseSchema(schema as Json, answer.where),
    overwrite: asBoolean(json['IsOverwrite']),
    maxFieldSizeBytes: maxFieldSize > 0 ? maxFieldSize : FIELD_BYTES_MAX_DEFAULT,
  }
}

function stateOf(json: Json, answer: ServiceAnswer, uploadId: string): UploadState {
  return {
    uploadId,
    status: parseStatus(json['Status']),
    blocks: parseBlocks(json['UploadedBlockList'], answer),
    requestId: answer.requestId,
  }
}

function parseBlocks(list: unknown, answer: ServiceAnswer): UploadedBlock[] {
  if (list === undefined || list === null) return []
  if (!Array.isArray(list)) throw unexpected(answer, 'UploadedBlockList is not a list')
  const blocks = (list as readonly Json[]).map((block) => {
    const blockId = Number(block['BlockID'])
    if (!Number.isInteger(blockId)) throw unexpected(answer, 'a block has no BlockID')
    return { blockId, version: Number(block['Version'] ?? 0) || 0 }
  })
  return blocks.sort((a, b) => a.blockId - b.blockId)
}

function jsonOf(answer: ServiceAnswer): Json {
  return parseJsonObject(answer.body.toString('utf8'), answer.where)
}

function unexpected(answer: ServiceAnswer, what: string): MaxComputeError {
  return new MaxComputeError(
    'UnexpectedResponse',
    `${answer.where}: the session's description is not understood: ${what}`,
    { httpStatus: answer.status },
  )
}
