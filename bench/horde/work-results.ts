/**
 * What the horde answers to work: there is no Kafka and no MaxCompute behind it, so the results are
 * made up so that the coordinator finds them consistent. The topic has as many one-record pieces as
 * the run shall have slices.
 */
import type { Assign } from '../../proto/gen/sluice/agent/v1/Assign.ts'
import type { ResultInput } from '../../proto/gen/sluice/agent/v1/Result.ts'

type Outcome = Omit<ResultInput, 'workId' | 'attempt' | 'finishedAtMs'>

/** Large enough that every record is a slice of its own. */
const RECORD_BYTES = 2 * 1024 * 1024

/** Of the made-up tables and topics. */
export class MadeUpData {
  readonly #slicesPerRun: number
  /** Blocks staged, by upload session: what verify answers with. */
  readonly #blocks = new Map<string, Set<number>>()
  #sessionNo = 0

  constructor(slicesPerRun: number) {
    this.#slicesPerRun = slicesPerRun
  }

  resultOf(work: Assign): Outcome {
    if (work.plan) return { plan: this.#plan() }
    if (work.open) return { open: this.#open() }
    if (work.slice) return this.#slice(work.slice.uploadId, work.slice.blockId)
    if (work.verify) {
      const blocks = [...(this.#blocks.get(work.verify.uploadId) ?? [])].toSorted((a, b) => a - b)
      return { verify: { sessionStatus: 'normal', blockIds: blocks } }
    }
    if (work.complete) {
      this.#blocks.delete(work.complete.uploadId)
      return { complete: { outcome: 'COMMITTED', sessionStatus: 'closed', evidence: '' } }
    }
    if (work.publish) return { publish: {} }
    if (work.test) return { test: { verdict: 'CONNECTABLE', stages: [] } }
    const message = 'an agent of the horde carries out runs and connectivity tests and nothing else'
    return { error: { code: 'INTERNAL', retry: 'FATAL', message } }
  }

  #plan(): NonNullable<ResultInput['plan']> {
    const range = {
      topicPartition: 0,
      startOffset: 0,
      endOffset: this.#slicesPerRun,
      leaderEpoch: 0,
      logStartOffset: 0,
      sampledRecordBytes: RECORD_BYTES,
    }
    return {
      topicId: 'horde',
      ranges: [range],
      tableColumns: [{ name: 'v', type: 'string', nullable: true }],
      partitionKeys: [],
      topicPartitions: 1,
    }
  }

  #open(): NonNullable<ResultInput['open']> {
    this.#sessionNo += 1
    const uploadId = `horde-${this.#sessionNo}`
    this.#blocks.set(uploadId, new Set())
    const columns = [{ name: 'v', type: 'string', nullable: true }]
    return { uploadId, columns, maxFieldBytes: 8 * 1024 * 1024 }
  }

  #slice(uploadId: string, blockId: number): Outcome {
    this.#blocks.get(uploadId)?.add(blockId)
    const figures = { rows: 1, bytesRead: RECORD_BYTES, bytesSent: RECORD_BYTES, milliseconds: 1 }
    return { slice: figures }
  }
}
