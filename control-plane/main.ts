/**
 * The control plane: store, runs, agent link and API in one process. Opens them in order, and closes
 * them the other way round; wiring/ says who knows whom.
 *
 * On standard output it says one JSON line when it is ready: {"ready":true,"api":…,"link":…}.
 * Exit codes: 0 stopped by a signal, 1 failed, 2 wrong usage.
 */
import { pino, type Logger } from 'pino'

import { ConfigError, readConfig, USAGE, type ControlPlaneConfig } from './config.ts'
import { openFoundation } from './wiring/foundation.ts'
import { openServices } from './wiring/services.ts'
import { startServices } from './wiring/start.ts'
import { openWeb } from './wiring/web.ts'

async function main(): Promise<void> {
  const config = readConfig(process.argv.slice(2), process.env)
  if (config === null) {
    process.stdout.write(`${USAGE}\n`)
    return
  }
  const log = pino({ level: process.env['LOG_LEVEL'] ?? 'info' }, pino.destination(2))
  await serve(config, log)
}

async function serve(config: ControlPlaneConfig, log: Logger): Promise<void> {
  const foundation = await openFoundation(config, log, (error) => {
    // Nothing is lost by ending here: all state is in the store, and agents keep their results.
    log.fatal({ err: error }, 'the control plane cannot go on')
    process.exit(1)
  })
  const services = await openServices(foundation)
  const started = await startServices(foundation, services)
  const web = await openWeb(foundation, services, started.linkPort)
  process.stdout.write(`${JSON.stringify({ ready: true, ...web.addresses })}\n`)

  const stop = async (signal: string): Promise<void> => {
    log.info({ signal }, 'stopping')
    started.stop()
    await web.close()
    await services.upgrades.close()
    await services.link.close()
    await services.runs.log.settled()
    await foundation.auditRecorder.close()
    await foundation.db.close()
    process.exit(0)
  }
  process.once('SIGTERM', (signal) => void stop(signal))
  process.once('SIGINT', (signal) => void stop(signal))
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
  process.stderr.write(`control plane: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
