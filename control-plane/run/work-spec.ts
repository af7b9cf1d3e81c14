/** From a run to the specs that agents execute. Pure; secrets pass through, into the frame only. */
import type { AssignInput } from '../../proto/gen/sluice/agent/v1/Assign.ts'
import type { KafkaConnectionInput } from '../../proto/gen/sluice/agent/v1/KafkaConnection.ts'
import type { MaxComputeConnectionInput } from '../../proto/gen/sluice/agent/v1/MaxComputeConnection.ts'
import type { OpenResult } from '../../proto/gen/sluice/agent/v1/OpenResult.ts'
import type { PlanResult } from '../../proto/gen/sluice/agent/v1/PlanResult.ts'
import type { PositionInput } from '../../proto/gen/sluice/agent/v1/Position.ts'
import type { ReaderColumnInput } from '../../proto/gen/sluice/agent/v1/ReaderColumn.ts'
import type { Begin, ColumnSource, End, Job, MaxComputeWriter } from '../job/job.ts'
import type { PinnedRange, Plan } from '../plan/plan.ts'
import type { LedgerRow } from '../store/ledger/read-ledger.ts'
import type { WorkRef } from './link-port.ts'

export interface Connections {
  readonly kafka: KafkaConnectionInput
  readonly maxcompute: MaxComputeConnectionInput
}

export function planSpec(
  job: Job,
  connections: Connections,
  ledger: readonly LedgerRow[],
): NonNullable<AssignInput['plan']> {
  const { reader, writer } = job
  return {
    ...connections,
    topic: reader.topic,
    hasTopicPartition: reader.topicPartition !== null,
    topicPartition: reader.topicPartition ?? 0,
    groupId: reader.groupId ?? '',
    begin: beginPosition(reader.begin),
    end: endPosition(reader.end),
    ledger: ledger.map((row) => ({ topicPartition: row.topicPartition, offset: row.nextOffset })),
    ledgerTopicId: ledger[0]?.topicId ?? '',
    autoOffsetReset: reader.autoOffsetReset,
    readCommitted: reader.isolation === 'read_committed',
    table: writer.table,
    partitionSpec: partitionSpec(writer),
    columns: writer.columns === '*' ? ['*'] : [...writer.columns],
    readerColumnCount: reader.columns.length,
  }
}

export function openSpec(job: Job, connections: Connections): NonNullable<AssignInput['open']> {
  return {
    maxcompute: connections.maxcompute,
    table: job.writer.table,
    partitionSpec: partitionSpec(job.writer),
    overwrite: job.writer.truncate,
    preSql: [...job.writer.preSql],
  }
}

export function sliceSpec(
  job: Job,
  connections: Connections,
  pinned: { readonly runId: number; readonly plan: Plan; readonly planResult: PlanResult },
  session: OpenResult,
  slice: { readonly sliceNo: number; readonly ranges: readonly PinnedRange[] },
  bytesPerSecond: number,
): NonNullable<AssignInput['slice']> {
  const { reader, writer } = job
  const columns =
    writer.columns === '*'
      ? pinned.planResult.tableColumns.map((column) => column.name)
      : [...writer.columns]
  return {
    runId: pinned.runId,
    ...connections,
    topic: reader.topic,
    topicId: pinned.plan.topicId,
    ranges: slice.ranges.map((range) => ({ ...range })),
    readCommitted: reader.isolation === 'read_committed',
    table: writer.table,
    partitionSpec: partitionSpec(writer),
    uploadId: session.uploadId,
    blockId: slice.sliceNo,
    readerColumns: reader.columns.map(readerColumn),
    writerColumns: columns,
    sessionColumns: session.columns,
    keyType: reader.keyType,
    valueType: reader.valueType,
    encoding: reader.encoding,
    headerEncoding: reader.headerEncoding,
    dataFormat: reader.dataFormat.kind,
    fieldDelimiter: reader.dataFormat.kind === 'text' ? reader.dataFormat.fieldDelimiter : '',
    timeZone: job.timeZone,
    emptyAsNull: writer.emptyAsNull,
    overLengthRule: writer.overLengthRule ?? '',
    maxFieldBytes: Math.min(writer.maxFieldBytes, session.maxFieldBytes),
    compress: writer.compress,
    bytesPerSecond,
    dirtyRecordsMax: job.errorLimit.records ?? -1,
    fetch: {
      minBytes: reader.fetch.minBytes ?? 0,
      maxWaitMs: reader.fetch.maxWaitMs ?? 0,
      maxBytes: reader.fetch.maxBytes ?? 0,
      maxPartitionBytes: reader.fetch.maxPartitionBytes ?? 0,
    },
    requestTriesMax: writer.requestTriesMax ?? 0,
  }
}

export function verifySpec(
  job: Job,
  connections: Connections,
  uploadId: string,
  topicId: string,
): NonNullable<AssignInput['verify']> {
  return {
    ...connections,
    table: job.writer.table,
    partitionSpec: partitionSpec(job.writer),
    uploadId,
    topic: job.reader.topic,
    topicId,
  }
}

export function completeSpec(
  job: Job,
  connections: Connections,
  uploadId: string,
  blockIds: readonly number[],
): NonNullable<AssignInput['complete']> {
  return {
    maxcompute: connections.maxcompute,
    table: job.writer.table,
    partitionSpec: partitionSpec(job.writer),
    uploadId,
    blockIds: [...blockIds],
    postSql: [...job.writer.postSql],
  }
}

export function publishSpec(
  job: Job,
  connections: Connections,
  plan: Plan,
): NonNullable<AssignInput['publish']> {
  return {
    kafka: connections.kafka,
    groupId: job.reader.groupId ?? '',
    topic: job.reader.topic,
    offsets: plan.ranges.map((range) => ({
      topicPartition: range.topicPartition,
      offset: range.endOffset,
    })),
  }
}

/** Assign frames carry exactly one spec. */
export function assignment(
  ref: WorkRef,
  spec: Omit<AssignInput, 'workId' | 'attempt'>,
): AssignInput & WorkRef {
  return { ...spec, workId: ref.workId, attempt: ref.attempt }
}

function partitionSpec(writer: MaxComputeWriter): { name: string; value: string }[] {
  return (writer.partitionSpec ?? []).map((column) => ({ name: column.key, value: column.value }))
}

function beginPosition(begin: Begin): PositionInput {
  switch (begin.kind) {
    case 'offset':
      return { offset: begin.offset }
    case 'time':
      return { timeMs: begin.epochMs }
    case 'beginning':
      return { beginning: true }
    case 'groupOffset':
      return { groupOffset: true }
    case 'end':
      return { logEnd: true }
    case 'ledger':
      return { ledger: true }
  }
}

function endPosition(end: End): PositionInput {
  switch (end.kind) {
    case 'offset':
      return { offset: end.offset }
    case 'time':
      return { timeMs: end.epochMs }
    case 'latest':
      return { logEnd: true }
  }
}

function readerColumn(column: ColumnSource): ReaderColumnInput {
  switch (column.kind) {
    case 'constant':
      return { constant: column.text }
    case 'attribute':
      return { attribute: column.attribute }
    case 'path':
      return { jsonPath: { keys: [...column.path] } }
    case 'field':
      return { fieldIndex: column.index }
  }
}
