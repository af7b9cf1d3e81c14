import { execFile } from 'node:child_process'
import { arch, availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { promisify } from 'node:util'

import { installKafka } from '../dev/kafka/install.ts'

export interface Machine {
  readonly cores: number
  readonly cpu: string
  readonly memoryGB: number
  readonly system: string
  readonly node: string
  readonly java: string
  readonly kafka: string
  /** Of the last minute, when the benchmark began: above one a core somebody else was at work. */
  readonly loadBefore: number
}

export async function describeMachine(): Promise<Machine> {
  const loadBefore = Math.round((loadavg()[0] ?? 0) * 10) / 10
  const kafka = await installKafka()
  const { stderr } = await promisify(execFile)(kafka.java, ['-version'])
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGB: Math.round(totalmem() / 1e9),
    system: `${process.platform} ${release()} ${arch()}`,
    node: process.versions.node,
    java: /version "([^"]+)"/.exec(stderr)?.[1] ?? 'unknown',
    kafka: kafka.version,
    loadBefore,
  }
}
