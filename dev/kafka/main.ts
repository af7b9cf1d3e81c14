/**
 * Runs a local Kafka until SIGINT or SIGTERM and prints one JSON line when it answers:
 *   dev/bin/run dev/kafka/main.ts --port 9092 --data .sluice/kafka
 */
import { parseArgs } from 'node:util'

import { startKafka } from './start.ts'

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '9092' },
    data: { type: 'string', default: '.sluice/kafka' },
    'heap-mb': { type: 'string', default: '512' },
    'fast-start': { type: 'boolean', default: false },
  },
})

try {
  const kafka = await startKafka({
    dataDir: values.data,
    host: values.host,
    port: Number(values.port),
    heapMb: Number(values['heap-mb']),
    fastStart: values['fast-start'],
  })
  const { bootstrap, pid, readyMs } = kafka
  process.stdout.write(`${JSON.stringify({ ready: true, bootstrap, pid, readyMs })}\n`)
  // The child alone would not keep this process alive.
  const alive = setInterval(() => {}, 1 << 30)
  const stop = () => {
    clearInterval(alive)
    void kafka.stop()
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
