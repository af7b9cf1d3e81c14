/** What Kafka's own tools print of offsets. */
import { runKafkaTool } from '../../dev/kafka/tool.ts'

/** Log end offsets, by topic partition. */
export async function endOffsets(
  bootstrap: string,
  topic: string,
): Promise<ReadonlyMap<number, number>> {
  const args = ['--bootstrap-server', bootstrap, '--topic', topic, '--time', 'latest']
  const printed = await print('org.apache.kafka.tools.GetOffsetShell', args)
  // topic:partition:offset
  const lines = printed.split('\n').filter((line) => line.startsWith(`${topic}:`))
  return new Map(lines.map((line) => line.split(':').slice(1).map(Number) as [number, number]))
}

/** Committed offsets of the consumer group, by topic partition. */
export async function groupOffsets(
  bootstrap: string,
  group: string,
  topic: string,
): Promise<ReadonlyMap<number, number>> {
  const args = ['--bootstrap-server', bootstrap, '--describe', '--group', group]
  const printed = await print('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', args)
  // GROUP TOPIC PARTITION CURRENT-OFFSET …
  const rows = printed
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[0] === group && fields[1] === topic)
  return new Map(rows.map((fields) => [Number(fields[2]), Number(fields[3])]))
}

async function print(tool: string, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runKafkaTool(tool, args, { heapMb: 128 })
  if (exitCode !== 0) throw new Error(`${tool} ended with status ${exitCode}: ${stderr}`)
  return stdout
}
