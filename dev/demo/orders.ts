/** The demo's records: orders as JSON. Always the same ones for the same numbers. */
import type { RecordInput } from '../../agent/kafka/record-batch-writer.ts'

/** Records a second of the orders' own time: 200,000 of them span a bit more than half an hour. */
const ORDERS_PER_SECOND = 100
const CITIES = ['杭州', '上海', 'Singapore', 'Frankfurt', 'São Paulo']
const CHANNELS = ['app', 'web', 'store']
/** Each n-th record carries headers. */
const HEADERS_EVERY = 4
/** Each n-th record has no key. */
const NO_KEY_EVERY = 50

/** How many of the records each topic partition gets: uneven, as keys make them (4, 3, 2, 1 parts). */
export function partitionSizes(records: number, topicPartitions: number): number[] {
  const parts = (topicPartitions * (topicPartitions + 1)) / 2
  const sizes = Array.from({ length: topicPartitions }, (_, i) =>
    Math.floor((records * (topicPartitions - i)) / parts),
  )
  const given = sizes.reduce((sum, size) => sum + size, 0)
  sizes[0]! += records - given
  return sizes
}

/** Orders `first`, `first + 1`, … of one topic partition. */
export function* orders(
  first: number,
  count: number,
  firstTimeMs: number,
): Generator<RecordInput, void, void> {
  for (let id = first; id < first + count; id++) {
    const timestampMs = firstTimeMs + Math.floor(((id - first) * 1000) / ORDERS_PER_SECOND)
    const buyer = `buyer-${(id * 7919) % 20_011}`
    const record = {
      key: id % NO_KEY_EVERY === 0 ? null : Buffer.from(buyer),
      value: Buffer.from(JSON.stringify(order(id, buyer, timestampMs))),
      timestampMs,
    }
    yield id % HEADERS_EVERY === 0 ? { ...record, headers: headersOf(id) } : record
  }
}

function order(id: number, buyer: string, timestampMs: number): object {
  return {
    orderId: id,
    buyer: { id: buyer, city: CITIES[id % CITIES.length] },
    amount: ((id * 37) % 100_000) / 100,
    paid: id % 3 !== 0,
    items: [{ sku: `sku-${id % 997}`, count: 1 + (id % 5) }],
    createdAt: new Date(timestampMs).toISOString(),
    channel: CHANNELS[id % CHANNELS.length],
  }
}

function headersOf(id: number): readonly (readonly [string, Uint8Array])[] {
  return [
    ['source', Buffer.from(CHANNELS[id % CHANNELS.length]!)],
    ['trace', Buffer.from(id.toString(16).padStart(16, '0'))],
  ]
}
