import type { CodecName } from '../agent/kafka/record-batch-writer.ts'
import type { BenchOptions } from './options.ts'

/** One topic, and everything that is measured on it. */
export interface BenchCase {
  /** `100 B none`, `1 KiB zstd` */
  readonly name: string
  readonly valueBytes: number
  readonly codec: CodecName
  /** At least so many; whole record batches are written. */
  readonly recordsMin: number
}

export const TOPIC_PARTITIONS = 4

const SIZES = [
  { label: '100 B', valueBytes: 100, records: 16_000_000, quickRecords: 200_000 },
  { label: '1 KiB', valueBytes: 1024, records: 4_000_000, quickRecords: 50_000 },
] as const
const CODECS = ['none', 'lz4', 'zstd'] as const

export function benchCases({ quick, scale, only }: BenchOptions): readonly BenchCase[] {
  const cases = CODECS.flatMap((codec) =>
    SIZES.map(({ label, valueBytes, records, quickRecords }) => ({
      name: `${label} ${codec}`,
      valueBytes,
      codec,
      recordsMin: Math.ceil((quick ? quickRecords : records) * scale),
    })),
  )
  if (only.length > 0) return cases.filter(({ name }) => only.some((text) => name.includes(text)))
  return quick ? cases.filter(({ codec }) => codec === 'none') : cases
}
