/**
 * The plan step: where each topic partition begins and ends, what the table looks like, how large records
 * are. Reads only; whatever of the job cannot work is named here, before anything is written.
 */
import type { PlannedRangeInput } from '../../proto/gen/sluice/agent/v1/PlannedRange.ts'
import type { PlanResultInput } from '../../proto/gen/sluice/agent/v1/PlanResult.ts'
import type { PlanSpec } from '../../proto/gen/sluice/agent/v1/PlanSpec.ts'
import type { Position } from '../../proto/gen/sluice/agent/v1/Position.ts'
import type { Cluster, TopicDescription } from '../kafka/cluster.ts'
import type { ListedOffset } from '../kafka/requests/offsets.ts'
import { openCluster } from './kafka-connection.ts'
import { openMaxCompute, required, tableName, uploadTarget } from './maxcompute-connection.ts'
import { type PartitionFacts, type ResolvedRange, resolveRange } from './plan-positions.ts'
import { sampleRecordBytes } from './plan-sample.ts'
import { checkTable, wireColumns } from './plan-table.ts'
import { type StepContext, withCluster, withOpen } from './step.ts'
import { WorkFailure } from './work-error.ts'

/** Throws KafkaError, MaxComputeError or WorkFailure. */
export async function runPlan(spec: PlanSpec, context: StepContext): Promise<PlanResultInput> {
  const table = await planTable(spec, context)
  const kafka = await withCluster(openCluster(spec.kafka), context.signal, (cluster) =>
    planRanges(spec, cluster, context),
  )
  return { ...kafka, ...table }
}

async function planTable(spec: PlanSpec, { signal }: StepContext): Promise<PlanResultInput> {
  const connection = required(spec.maxcompute)
  uploadTarget(spec)
  const info = await withOpen(openMaxCompute(connection), (client) =>
    client.getTable(spec.table, { signal }),
  )
  checkTable({ ...info, name: tableName(connection, spec.table) }, spec)
  return {
    tableColumns: wireColumns(info.columns),
    partitionKeys: wireColumns(info.partitionKeys),
    transactional: info.transactional,
  }
}

async function planRanges(
  spec: PlanSpec,
  cluster: Cluster,
  { signal }: StepContext,
): Promise<PlanResultInput> {
  const description = await cluster.describeTopic(spec.topic)
  const topicId = description.topicId ?? ''
  checkLedger(spec, topicId)
  const numbers = chosenPartitions(spec, description)
  const asked = await askPositions(spec, cluster, numbers)
  const notes: string[] = []
  const ranges = asked.map(({ facts }) => resolveRange(facts, rulesOf(spec), notes))
  const sampled = await sampleRecordBytes(cluster, spec.topic, ranges, {
    readCommitted: spec.readCommitted,
    signal,
  })
  // The topic must be the same one through all of these questions.
  await cluster.assertSameTopic(spec.topic, description.topicId)
  return {
    topicId,
    topicPartitions: description.topicPartitions.length,
    ranges: ranges.map((range, i) =>
      plannedRange(range, asked[i]!, sampled.get(range.topicPartition)),
    ),
    notes,
  }
}

function checkLedger(spec: PlanSpec, topicId: string): void {
  const { begin, ledgerTopicId, topic } = spec
  if (begin?.at !== 'ledger' || ledgerTopicId === '' || topicId === '') return
  if (ledgerTopicId === topicId) return
  throw new WorkFailure(
    'TOPIC_RECREATED',
    `Topic ${topic} was deleted and made again since the job's last run: its id is ${topicId}, the ledger's offsets are of ${ledgerTopicId}. Begin at the earliest offset or at a time.`,
    { where: { topic, topicId } },
  )
}

function chosenPartitions(spec: PlanSpec, { topic, topicPartitions }: TopicDescription): number[] {
  const all = topicPartitions.map((one) => one.topicPartition)
  if (!spec.hasTopicPartition) return all
  if (all.includes(spec.topicPartition)) return [spec.topicPartition]
  throw new WorkFailure(
    'TOPIC_PARTITION_NOT_FOUND',
    `Topic ${topic} has no partition ${spec.topicPartition}: it has ${all.length}, numbered from 0.`,
    { where: { topic, topicPartition: String(spec.topicPartition) } },
  )
}

interface Asked {
  readonly facts: PartitionFacts
  readonly leaderEpoch: number
}

/** All that the positions need, in a few requests for all topic partitions together. */
async function askPositions(
  spec: PlanSpec,
  cluster: Cluster,
  numbers: readonly number[],
): Promise<Asked[]> {
  const { topic, begin, end, groupId } = spec
  const at = spec.readCommitted ? 'lastStable' : 'latest'
  const starts = await cluster.listOffsets(topic, { at: 'earliest' }, numbers)
  const endsBefore =
    begin?.at === 'timeMs' ? await cluster.listOffsets(topic, { at }, numbers) : null
  const beginTimes = await atTime(cluster, topic, begin, numbers)
  const endTimes = await atTime(cluster, topic, end, numbers)
  const group =
    begin?.at === 'groupOffset'
      ? await cluster.fetchGroupOffsets(groupId, topic)
      : new Map<number, number>()
  const ledger = new Map(spec.ledger.map((row) => [row.topicPartition, row.offset]))
  // Last: everything that was found before lies below the log's end.
  const ends = await cluster.listOffsets(topic, { at }, numbers)
  return numbers.map((topicPartition) => ({
    leaderEpoch: ends.get(topicPartition)?.leaderEpoch ?? -1,
    facts: {
      topicPartition,
      logStart: starts.get(topicPartition)?.offset ?? 0,
      logEnd: ends.get(topicPartition)?.offset ?? 0,
      logEndBefore: (endsBefore ?? ends).get(topicPartition)?.offset ?? 0,
      beginAtTime: beginTimes?.get(topicPartition)?.offset ?? -1,
      endAtTime: endTimes?.get(topicPartition)?.offset ?? -1,
      groupOffset: group.get(topicPartition) ?? null,
      ledgerOffset: ledger.get(topicPartition) ?? null,
    },
  }))
}

async function atTime(
  cluster: Cluster,
  topic: string,
  position: Position | null,
  numbers: readonly number[],
): Promise<Map<number, ListedOffset> | null> {
  if (position?.at !== 'timeMs') return null
  return cluster.listOffsets(topic, { at: 'time', timestampMs: position.timeMs ?? 0 }, numbers)
}

function rulesOf(spec: PlanSpec): Parameters<typeof resolveRange>[1] {
  const { topic, groupId, autoOffsetReset } = spec
  return { topic, groupId, autoOffsetReset, begin: spec.begin ?? {}, end: spec.end ?? {} }
}

function plannedRange(
  range: ResolvedRange,
  { facts, leaderEpoch }: Asked,
  sampledRecordBytes = 0,
): PlannedRangeInput {
  return { ...range, leaderEpoch, logStartOffset: facts.logStart, sampledRecordBytes }
}
