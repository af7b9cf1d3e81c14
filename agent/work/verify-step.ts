/** The verify step: facts for the decision that stands before COMMITTING (DESIGN I3, I9). Decides nothing. */
import type { VerifyResultInput } from '../../proto/gen/sluice/agent/v1/VerifyResult.ts'
import type { VerifySpec } from '../../proto/gen/sluice/agent/v1/VerifySpec.ts'
import { openCluster } from './kafka-connection.ts'
import { openMaxCompute, uploadTarget } from './maxcompute-connection.ts'
import { type StepContext, withCluster, withOpen } from './step.ts'

/** Throws KafkaError TOPIC_RECREATED among others, MaxComputeError NoSuchUpload among others. */
export async function runVerify(
  spec: VerifySpec,
  { signal }: StepContext,
): Promise<VerifyResultInput> {
  const { topic, topicId, uploadId } = spec
  await withCluster(openCluster(spec.kafka), signal, (cluster) =>
    cluster.assertSameTopic(topic, topicId === '' ? null : topicId),
  )
  return withOpen(openMaxCompute(spec.maxcompute), async (client) => {
    const session = await client.openUploadSession({ ...uploadTarget(spec), uploadId, signal })
    const { status, blocks } = await session.getStatus({ signal })
    const blockIds = blocks.map((block) => block.blockId).toSorted((a, b) => a - b)
    return { sessionStatus: status, blockIds }
  })
}
