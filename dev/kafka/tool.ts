/**
 * Runs one of Kafka's own Java tools by class name:
 *   dev/bin/run dev/kafka/tool.ts org.apache.kafka.tools.ConsumerPerformance --bootstrap-server ...
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

import { installKafka } from './install.ts'

export interface ToolResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the tool to its end. Never throws for the tool's own failure: look at `exitCode`. */
export async function runKafkaTool(
  className: string,
  args: readonly string[],
  options: {
    readonly input?: string
    readonly heapMb?: number
    /** Told the process's id, for whoever watches it. */
    readonly onStart?: (pid: number) => void
  } = {},
): Promise<ToolResult> {
  const kafka = await installKafka()
  const jvm = [`-Xmx${options.heapMb ?? 512}m`, '-cp', kafka.classPath]
  const child = spawn(kafka.java, [...jvm, className, ...args], { stdio: 'pipe' })
  if (child.pid !== undefined) options.onStart?.(child.pid)
  child.stdin.end(options.input ?? '')
  const closed = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  await closed
  return { exitCode: child.exitCode, stdout, stderr }
}

if (import.meta.main) {
  const [className, ...args] = process.argv.slice(2)
  if (className === undefined) {
    process.stderr.write('usage: tool.ts <Java class> [arguments]\n')
    process.exitCode = 2
  } else {
    const result = await runKafkaTool(className, args)
    process.stdout.write(result.stdout)
    process.stderr.write(result.stderr)
    process.exitCode = result.exitCode ?? 1
  }
}
