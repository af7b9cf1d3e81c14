/**
 * Cuts the pinned ranges of a run into slices, each of which becomes one block (DESIGN §1).
 *
 * - S1. The slices' ranges tile the non-empty ranges exactly: no gap, no overlap, no empty range.
 * - S2. The same input gives the same slices: there is no clock and no randomness, and the order
 *       in which the topic partitions are listed does not matter.
 * - S3. Slice numbers are 0, 1, 2, … and there are at most SLICES_MAX, the service's block ids.
 * - S4. Sizes aim at SLICE_BYTES_MAX / 2 .. SLICE_BYTES_MAX. Smaller only when otherwise there
 *       were fewer slices than channels; larger only when otherwise there were too many slices.
 *
 * A topic partition larger than half a slice is cut into equal pieces. Smaller ones are packed
 * together in the order of their numbers, so a thousand idle ones do not make a thousand blocks.
 */
import type { OffsetRange, PinnedRange, Plan, Slice } from './plan.ts'

/** Block ids are 0..19,999. */
export const SLICES_MAX = 20_000
/** Blocks below half of it (64 MiB) count as small files with the service. */
export const SLICE_BYTES_MAX = 128 * 1024 * 1024
/** Below this, a block costs more in requests than another channel gains. */
export const SLICE_BYTES_MIN = 1024 * 1024
/** Bounds the message that hands a slice to an agent. */
export const RANGES_PER_SLICE_MAX = 1_000
/** Far more than one topic has anywhere. */
export const TOPIC_PARTITIONS_MAX = 200_000
/** For topic partitions without a sample, when no other has one: only the sizes get worse. */
export const RECORD_BYTES_UNKNOWN = 1_024

/** A pinned range with what was learnt about the size of its records. */
export interface SampledRange extends PinnedRange {
  /** Mean encoded bytes of a record; 0: no record was seen. */
  readonly sampledRecordBytes: number
}

export interface SplitOptions {
  /** Channels that the run may use at once: at least as many slices, where the data allow it. */
  readonly concurrent: number
  /** Largest wanted slice; the job's block size, or a small one in tests. */
  readonly sliceBytesMax?: number
  /** Slices made smaller for the sake of `concurrent` do not go below it. */
  readonly sliceBytesMin?: number
}

/** The input cannot come from a topic; a bug of the caller, or of the agent that planned. */
export class PlanInputError extends Error {
  override readonly name = 'PlanInputError'
}

/**
 * The plan of a run over the resolved ranges (every topic partition once, empty ranges too).
 * Throws PlanInputError for ranges that are no ranges.
 */
export function makePlan(
  topic: { readonly name: string; readonly topicId: string },
  sampled: readonly SampledRange[],
  options: SplitOptions,
): Plan {
  const sorted = sampled.toSorted((a, b) => a.topicPartition - b.topicPartition)
  checkRanges(sorted)
  const weighed = weigh(sorted)
  const slices = cut(weighed, options)
  return {
    topic: topic.name,
    topicId: topic.topicId,
    ranges: sorted.map(({ topicPartition, startOffset, endOffset, leaderEpoch }) => {
      return { topicPartition, startOffset, endOffset, leaderEpoch }
    }),
    slices,
    offsetCount: sorted.reduce((sum, range) => sum + lengthOf(range), 0),
    estimatedBytes: slices.reduce((sum, slice) => sum + slice.estimatedBytes, 0),
  }
}

function checkRanges(sorted: readonly SampledRange[]): void {
  if (sorted.length > TOPIC_PARTITIONS_MAX) {
    throw new PlanInputError(`${sorted.length} topic partitions; at most ${TOPIC_PARTITIONS_MAX}`)
  }
  for (const [index, range] of sorted.entries()) {
    const { topicPartition, startOffset, endOffset, sampledRecordBytes } = range
    const what = `topic partition ${topicPartition}, [${startOffset}, ${endOffset})`
    if (!Number.isSafeInteger(startOffset) || !Number.isSafeInteger(endOffset)) {
      throw new PlanInputError(`${what}: offsets must be whole numbers below 2^53`)
    }
    if (startOffset < 0 || endOffset < startOffset) {
      throw new PlanInputError(`${what}: a range starts at 0 or later and does not end before that`)
    }
    if (!(sampledRecordBytes >= 0 && sampledRecordBytes <= Number.MAX_SAFE_INTEGER)) {
      throw new PlanInputError(`${what}: a record cannot have ${sampledRecordBytes} bytes`)
    }
    if (sorted[index - 1]?.topicPartition === topicPartition) {
      throw new PlanInputError(`${what}: the topic partition is listed twice`)
    }
  }
}

interface WeighedRange {
  readonly range: PinnedRange
  readonly recordBytes: number
  readonly bytes: number
}

/** Non-empty ranges with their sizes. Where nothing was sampled the others' mean is taken. */
function weigh(sorted: readonly SampledRange[]): WeighedRange[] {
  const seen = sorted.filter((range) => range.sampledRecordBytes > 0)
  const sum = seen.reduce((total, range) => total + range.sampledRecordBytes, 0)
  const mean = seen.length === 0 ? RECORD_BYTES_UNKNOWN : sum / seen.length
  return sorted
    .filter((range) => lengthOf(range) > 0)
    .map((range) => {
      const recordBytes = range.sampledRecordBytes > 0 ? range.sampledRecordBytes : mean
      return { range, recordBytes, bytes: lengthOf(range) * recordBytes }
    })
}

function cut(weighed: readonly WeighedRange[], options: SplitOptions): Slice[] {
  const wanted = options.sliceBytesMax ?? SLICE_BYTES_MAX
  const least = Math.min(options.sliceBytesMin ?? SLICE_BYTES_MIN, wanted)
  const total = weighed.reduce((sum, { bytes }) => sum + bytes, 0)
  // Every slice is at most this large, so there are `concurrent` of them (S4).
  const busy = Math.max(total / Math.max(1, options.concurrent), least)
  let sliceBytes = Math.max(1, Math.min(wanted, busy))
  // S3. A slice holds at least a quarter of it on average, hence the end of this loop.
  sliceBytes = Math.max(sliceBytes, total / SLICES_MAX)
  let slices = cutAt(weighed, sliceBytes)
  while (slices.length > SLICES_MAX) {
    sliceBytes *= 1.5
    slices = cutAt(weighed, sliceBytes)
  }
  return slices.map((slice, sliceNo) => ({ sliceNo, ...slice }))
}

type Unnumbered = Omit<Slice, 'sliceNo'>

function cutAt(weighed: readonly WeighedRange[], sliceBytes: number): Unnumbered[] {
  const slices: Unnumbered[] = []
  let pack: PinnedRange[] = []
  let packBytes = 0
  const closePack = (): void => {
    if (pack.length > 0) slices.push({ ranges: pack, estimatedBytes: Math.ceil(packBytes) })
    pack = []
    packBytes = 0
  }
  for (const part of weighed) {
    if (part.bytes > sliceBytes / 2) {
      slices.push(...pieces(part, sliceBytes))
      if (slices.length > SLICES_MAX) break // the caller tries again with larger slices
      continue
    }
    const isFull = packBytes + part.bytes > sliceBytes || pack.length >= RANGES_PER_SLICE_MAX
    if (isFull) closePack()
    pack.push(pinned(part.range, part.range.startOffset, part.range.endOffset))
    packBytes += part.bytes
  }
  closePack()
  return slices
}

/** Equal pieces of one topic partition, none above `sliceBytes` but for rounding to records. */
function pieces({ range, recordBytes, bytes }: WeighedRange, sliceBytes: number): Unnumbered[] {
  const length = lengthOf(range)
  // One more than allowed is enough for the caller to see that it is too many.
  const count = Math.min(length, Math.ceil(bytes / sliceBytes), SLICES_MAX + 1)
  const each = Math.floor(length / count)
  const longer = length % count
  const cutPieces: Unnumbered[] = []
  let start = range.startOffset
  for (let i = 0; i < count; i++) {
    const end = start + each + (i < longer ? 1 : 0)
    const estimatedBytes = Math.ceil((end - start) * recordBytes)
    cutPieces.push({ ranges: [pinned(range, start, end)], estimatedBytes })
    start = end
  }
  return cutPieces
}

function pinned(range: PinnedRange, startOffset: number, endOffset: number): PinnedRange {
  const { topicPartition, leaderEpoch } = range
  return { topicPartition, startOffset, endOffset, leaderEpoch }
}

function lengthOf({ startOffset, endOffset }: OffsetRange): number {
  return endOffset - startOffset
}
