/**
 * Reads a whole topic in one thread and prints one JSON line (a `Measurement`):
 *   dev/bin/run bench/reader.ts --bootstrap 127.0.0.1:9092 --topic t [--encoding arrow|record]
 * Without an encoding every value is touched (its length is summed), as a consumer would; with one, every
 * batch is converted and encoded as for the block of a slice, and the bytes are counted and dropped.
 */
import { parseArgs } from 'node:util'

import { createConverter } from '../agent/convert/converter.ts'
import type { Cluster } from '../agent/kafka/cluster.ts'
import { readRange } from '../agent/kafka/reader.ts'
import type { OffsetRange, RecordSpans } from '../agent/kafka/record-spans.ts'
import { createArrowEncoder } from '../maxcompute/tunnel/arrow-encoder.ts'
import { ARROW_CHUNK_BYTES } from '../maxcompute/tunnel/arrow-framing.ts'
import type { BlockEncoder } from '../maxcompute/tunnel/block-encoder.ts'
import { createRecordEncoder } from '../maxcompute/tunnel/record-encoder.ts'
import { SendBuffers } from '../maxcompute/tunnel/send-buffers.ts'
import { JOB_MAPPING } from './job-columns.ts'
import type { Measurement } from './measurement.ts'
import { benchCluster, type TopicShare, wholeTopic } from './topic-shares.ts'

interface Counts {
  records: number
  valueBytes: number
}

type Use = (spans: RecordSpans, counts: Counts) => void

async function readTopic(share: TopicShare, newUse: () => Use): Promise<Counts> {
  const cluster = benchCluster(share.bootstrap)
  const counts = { records: 0, valueBytes: 0 }
  try {
    for (const range of share.ranges) {
      await readOne(cluster, range, share.topicId, newUse(), counts)
    }
  } finally {
    cluster.close()
  }
  return counts
}

async function readOne(
  cluster: Cluster,
  range: OffsetRange,
  topicId: string | null,
  use: Use,
  counts: Counts,
): Promise<void> {
  const pinned = { topicId, leaderEpoch: null }
  const options = { isolation: 'read_uncommitted', pinned } as const
  for await (const spans of readRange(cluster, range, options)) use(spans, counts)
}

function touch(spans: RecordSpans, counts: Counts): void {
  const { count, valueLengths } = spans
  let bytes = 0
  for (let i = 0; i < count; i++) bytes += valueLengths[i]!
  counts.records += count
  counts.valueBytes += bytes
}

/** One slice: a converter and an encoder of its own. */
function encodeWith(newEncoder: (buffers: SendBuffers) => BlockEncoder): () => Use {
  return () => {
    const converter = createConverter(JOB_MAPPING)
    const buffers = new SendBuffers()
    const encoder = newEncoder(buffers)
    return (spans, counts) => {
      const { rowCount } = encoder
      const { bytesRead } = converter
      for (const batch of converter.convert(spans)) {
        encoder.write(batch)
        buffers.taken(encoder.byteCount) // here nobody reads them
      }
      counts.records += encoder.rowCount - rowCount
      counts.valueBytes += converter.bytesRead - bytesRead
    }
  }
}

const { sessionColumns } = JOB_MAPPING
const USES: Readonly<Record<string, () => Use>> = {
  none: () => touch,
  arrow: encodeWith((buffers) => createArrowEncoder(sessionColumns, ARROW_CHUNK_BYTES, buffers)),
  record: encodeWith((buffers) => createRecordEncoder(sessionColumns, buffers)),
}

const { values } = parseArgs({
  options: {
    bootstrap: { type: 'string', default: process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:9092' },
    topic: { type: 'string' },
    encoding: { type: 'string', default: 'none' },
  },
})
const newUse = USES[values.encoding]
if (values.topic === undefined || newUse === undefined) {
  process.stderr.write(
    'usage: reader.ts --topic <name> [--bootstrap <host:port>] [--encoding none|arrow|record]\n',
  )
  process.exit(2)
}
const share = await wholeTopic(values.bootstrap, values.topic)
const startedMs = performance.now()
const counts = await readTopic(share, newUse)
const seconds = (performance.now() - startedMs) / 1000
const { user, system } = process.cpuUsage()
const measurement: Measurement = {
  ...counts,
  seconds,
  cpuSeconds: (user + system) / 1e6,
  peakRssBytes: process.resourceUsage().maxRSS * 1024,
}
process.stdout.write(`${JSON.stringify(measurement)}\n`)
