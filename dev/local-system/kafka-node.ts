import { fileURLToPath } from 'node:url'

import { installKafka } from '../kafka/install.ts'
import { LocalProcess } from './local-process.ts'
import type { LocalSystemOptions } from './options.ts'
import type { StateDir } from './state-dir.ts'

export interface KafkaNode {
  /** host:port */
  readonly bootstrap: string
  /** null: it was there before, and is left alone. */
  readonly process: LocalProcess | null
}

/** Throws an Error that says what to install when Java or Maven is missing. */
export async function startKafkaNode(
  options: LocalSystemOptions,
  stateDir: StateDir,
  port: number,
): Promise<KafkaNode> {
  const given = options.kafkaBootstrap === undefined ? fromEnvironment() : options.kafkaBootstrap
  if (given !== null) return { bootstrap: given, process: null }
  await installKafka() // here, so that what it says of a missing Java is heard
  const heapMb = options.kafkaHeapMb ?? 512
  const file = fileURLToPath(new URL('../kafka/main.ts', import.meta.url))
  const args = [`--port=${port}`, `--data=${stateDir.kafka}`, `--heap-mb=${heapMb}`]
  if (options.fastStart === true) args.push('--fast-start')
  const process = new LocalProcess({
    name: 'Kafka',
    logPath: stateDir.log('kafka'),
    launch: () => ({ file, args, env: {} }),
    isReady: null,
  })
  process.start()
  return { bootstrap: `127.0.0.1:${port}`, process }
}

function fromEnvironment(): string | null {
  const bootstrap = process.env['KAFKA_BOOTSTRAP']
  return bootstrap === undefined || bootstrap === '' ? null : bootstrap
}
