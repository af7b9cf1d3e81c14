/** How fast the encoders are on one core: `node maxcompute/tunnel/encoders.bench.ts`. */

import type { ColumnBatch } from '../../lib/column-batch.ts'
import type { TableColumn } from '../schema.ts'
import { parseType } from '../types.ts'
import { createArrowEncoder } from './arrow-encoder.ts'
import type { BlockEncoder } from './block-encoder.ts'
import { createRecordEncoder } from './record-encoder.ts'

const ROWS_PER_BATCH = 8192
const BATCHES = 64
const ROUNDS = 6

const columnsOf = (...types: string[]): TableColumn[] =>
  types.map((type, i) => ({ name: `c${i}`, type: parseType(type), nullable: true, comment: '' }))

function bytesColumn(length: number): ColumnBatch['columns'][number] {
  const stride = length + 20
  return {
    kind: 'bytes',
    data: Buffer.alloc(stride * ROWS_PER_BATCH, 'abcdefghijklmnop'),
    starts: Int32Array.from({ length: ROWS_PER_BATCH }, (_, i) => i * stride + 20),
    lengths: new Int32Array(ROWS_PER_BATCH).fill(length),
  }
}

const int64 = (from: bigint): ColumnBatch['columns'][number] => ({
  kind: 'int64',
  nulls: null,
  values: BigInt64Array.from({ length: ROWS_PER_BATCH }, (_, i) => from + BigInt(i)),
})

const float64 = (): ColumnBatch['columns'][number] => ({
  kind: 'float64',
  nulls: null,
  values: Float64Array.from({ length: ROWS_PER_BATCH }, (_, i) => i * 1.25),
})

const cases: readonly { name: string; columns: TableColumn[]; batch: ColumnBatch }[] = [
  {
    name: 'bigint, string(20), double',
    columns: columnsOf('bigint', 'string', 'double'),
    batch: { rowCount: ROWS_PER_BATCH, columns: [int64(1000n), bytesColumn(20), float64()] },
  },
  {
    name: 'datetime, 3 bigint, 2 string(16)',
    columns: columnsOf('datetime', 'bigint', 'bigint', 'bigint', 'string', 'string'),
    batch: {
      rowCount: ROWS_PER_BATCH,
      columns: [
        int64(1_700_000_000_123n),
        int64(1n),
        int64(70_000n),
        int64(-5_000_000_000n),
        bytesColumn(16),
        bytesColumn(16),
      ],
    },
  },
  ...[100, 1000].map((length) => ({
    name: `string(${length})`,
    columns: columnsOf('string'),
    batch: { rowCount: ROWS_PER_BATCH, columns: [bytesColumn(length)] },
  })),
]

for (const { name, columns, batch } of cases) {
  for (const make of [createRecordEncoder, (c: TableColumn[]) => createArrowEncoder(c)]) {
    let best = Infinity
    let encoder: BlockEncoder = make(columns)
    for (let round = 0; round < ROUNDS; round++) {
      encoder = make(columns)
      const start = process.cpuUsage()
      for (let i = 0; i < BATCHES; i++) encoder.write(batch)
      encoder.finish()
      const { user, system } = process.cpuUsage(start)
      best = Math.min(best, (user + system) / 1e6)
    }
    const rows = (BATCHES * ROWS_PER_BATCH) / best / 1e6
    const megabytes = encoder.byteCount / best / 1e6
    console.log(
      `${name.padEnd(34)} ${encoder.encoding.padEnd(7)} ${rows.toFixed(1).padStart(6)} M rows/s  ${megabytes.toFixed(0).padStart(5)} MB/s`,
    )
  }
}
