/** Columns and tables as the REST API and the Tunnel describe them. */

import type { MaxComputeType } from './types.ts'

export interface TableColumn {
  readonly name: string
  readonly type: MaxComputeType
  readonly nullable: boolean
  readonly comment: string
}

export interface TableSchema {
  /** Data columns, in the order of the Tunnel's streams. */
  readonly columns: readonly TableColumn[]
  readonly partitionKeys: readonly TableColumn[]
}
