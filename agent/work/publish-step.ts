/** The publish step: the consumer group's offsets, for other tools to see (DESIGN I5). */
import type { PublishSpec } from '../../proto/gen/sluice/agent/v1/PublishSpec.ts'
import { openCluster } from './kafka-connection.ts'
import { type StepContext, withCluster } from './step.ts'

/** Throws KafkaError: GROUP_ACTIVE when the group has live members, NOT_AUTHORIZED and others. */
export async function runPublish(spec: PublishSpec, { signal }: StepContext): Promise<void> {
  await withCluster(openCluster(spec.kafka), signal, (cluster) =>
    cluster.commitGroupOffsets(spec.groupId, spec.topic, spec.offsets),
  )
}
