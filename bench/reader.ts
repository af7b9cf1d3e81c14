/**
 * Reads a whole topic with the reader alone and prints one JSON line:
 *   dev/bin/run bench/reader.ts --bootstrap 127.0.0.1:9092 --topic t [--threads 1] [--fetch-bytes N]
 * Every value is touched (its length is summed), as a consumer would.
 */
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

import { Cluster } from '../agent/kafka/cluster.ts'
import { readRange } from '../agent/kafka/reader.ts'
import type { OffsetRange } from '../agent/kafka/record-spans.ts'

interface Share {
  readonly bootstrap: string
  readonly fetchBytesMax: number
  readonly topicId: string | null
  readonly ranges: readonly OffsetRange[]
}

interface Totals {
  readonly records: number
  readonly valueBytes: number
}

const RSS_SAMPLE_MS = 20

function clusterOf(bootstrap: string): Cluster {
  const bootstrapServers = bootstrap.split(',')
  return new Cluster({ bootstrapServers, clientId: 'sluice-bench', sasl: null, tls: null })
}

async function readShare(share: Share): Promise<Totals> {
  const cluster = clusterOf(share.bootstrap)
  let records = 0
  let valueBytes = 0
  try {
    for (const range of share.ranges) {
      const spansOfRange = readRange(cluster, range, {
        isolation: 'read_uncommitted',
        pinned: { topicId: share.topicId, leaderEpoch: null },
        fetchBytesMax: share.fetchBytesMax,
      })
      for await (const spans of spansOfRange) {
        records += spans.count
        for (let i = 0; i < spans.count; i++) valueBytes += spans.valueLengths[i] ?? 0
      }
    }
  } finally {
    cluster.close()
  }
  return { records, valueBytes }
}

function readInThread(share: Share): Promise<Totals> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: share })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      bootstrap: { type: 'string', default: process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:9092' },
      topic: { type: 'string' },
      threads: { type: 'string', default: '1' },
      'fetch-bytes': { type: 'string', default: String(4 * 1024 * 1024) },
    },
  })
  const { bootstrap, topic = '' } = values
  const threads = Number(values.threads)
  const cluster = clusterOf(bootstrap)
  const { topicId } = await cluster.describeTopic(topic)
  const starts = await cluster.listOffsets(topic, { at: 'earliest' })
  const ends = await cluster.listOffsets(topic, { at: 'latest' })
  cluster.close()
  const shares = Array.from({ length: threads }, (): { ranges: OffsetRange[] } => ({ ranges: [] }))
  for (const [topicPartition, { offset: endOffset }] of ends) {
    const startOffset = starts.get(topicPartition)?.offset ?? 0
    shares[topicPartition % threads]?.ranges.push({ topic, topicPartition, startOffset, endOffset })
  }
  let peakRss = 0
  const sampler = setInterval(() => {
    peakRss = Math.max(peakRss, process.memoryUsage.rss())
  }, RSS_SAMPLE_MS)
  const started = performance.now()
  const cpuBefore = process.cpuUsage()
  const fetchBytesMax = Number(values['fetch-bytes'])
  const read = threads === 1 ? readShare : readInThread
  const totals = await Promise.all(
    shares.map(({ ranges }) => read({ bootstrap, fetchBytesMax, topicId, ranges })),
  )
  const seconds = (performance.now() - started) / 1000
  const cpu = process.cpuUsage(cpuBefore)
  clearInterval(sampler)
  peakRss = Math.max(peakRss, process.memoryUsage.rss())
  const result = {
    records: totals.reduce((sum, one) => sum + one.records, 0),
    bytes: totals.reduce((sum, one) => sum + one.valueBytes, 0),
    seconds,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    peakRssMB: Math.round(peakRss / 1e6),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

if (isMainThread) await main()
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
else parentPort?.postMessage(await readShare(workerData as Share))
