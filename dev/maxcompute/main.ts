import { Command } from 'commander'

import { DEFAULT_CREDENTIALS, startLocalEndpoint } from './endpoint.ts'
import { MEMORY_LIMIT_DEFAULT } from './store/database.ts'

interface Flags {
  readonly port: string
  readonly host: string
  readonly data: string
  readonly project: readonly string[]
  readonly memory: string
  readonly discard: boolean
  readonly faults: boolean
}

const command = new Command('local-maxcompute')
  .description('A MaxCompute endpoint (REST and tunnel) on a DuckDB database')
  .option('--port <number>', 'port to listen on; 0 for any free one', '0')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .requiredOption('--data <directory>', 'where everything is kept')
  .option('--project <name...>', 'projects to create', ['local'])
  .option('--memory <size>', 'memory limit of the database', MEMORY_LIMIT_DEFAULT)
  .option('--discard', 'verify blocks and throw their rows away', false)
  .option('--faults', 'serve /__faults', false)

const flags = command.parse().opts<Flags>()
const port = Number(flags.port)
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  command.error(`--port ${flags.port} is not a port: give a number from 0 to 65535`)
}
const accessId = process.env['SLUICE_DEV_MC_ACCESS_ID'] ?? DEFAULT_CREDENTIALS.accessId
const accessKey = process.env['SLUICE_DEV_MC_ACCESS_KEY'] ?? DEFAULT_CREDENTIALS.accessKey
const endpoint = await startLocalEndpoint({
  dataDir: flags.data,
  port,
  host: flags.host,
  projects: flags.project,
  credentials: [{ accessId, accessKey }],
  memoryLimit: flags.memory,
  discard: flags.discard,
  faults: flags.faults,
})
process.stdout.write(`${JSON.stringify({ ready: true, port: endpoint.port })}\n`)
const stop = (): void => {
  void endpoint.close().then(() => process.exit(0))
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
