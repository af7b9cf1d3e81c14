/**
 * The control plane: store, runs, agent link and API in one process. Wires them and nothing else.
 *
 * On standard output it says one JSON line when it is ready: {"ready":true,"api":…,"link":…}.
 * Exit codes: 0 stopped by a signal, 1 failed, 2 wrong usage.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { pino, type Logger } from 'pino'

import { systemClock } from '../lib/clock.ts'
import packageJson from '../package.json' with { type: 'json' }
import { createApi } from './api/create-api.ts'
import { isLoopback, listenApi } from './api/listen.ts'
import { createAuditRecorder } from './audit/recorder.ts'
import { ConfigError, readConfig, USAGE, type ControlPlaneConfig } from './config.ts'
import { openConnectivity } from './connectivity/open-connectivity.ts'
import { prepareFirstStart } from './first-start.ts'
import { startHousekeeping } from './housekeeping.ts'
import { openInstall } from './install/open-install.ts'
import { databaseLinkStore } from './link/database-link-store.ts'
import { createLinkServer } from './link/server.ts'
import { openRuns } from './run/open-runs.ts'
import { DEFAULT_GROUP } from './run/runs.ts'
import { UPDATE_MS as SPEED_UPDATE_MS } from './run/speed-limits.ts'
import { loadSecretKey } from './secrets/key-file.ts'
import { insertAuditEvents } from './store/audit-events/insert-audit-events.ts'
import { hasSecrets } from './store/has-secrets.ts'
import { openStore } from './store/open-store.ts'
import { fenced, takeOver } from './store/take-over.ts'
import { openTls } from './tls/open-tls.ts'
import { openReleaseKey } from './tls/release-key.ts'
import { BundleLibrary } from './upgrade/bundle-library.ts'
import { Upgrades } from './upgrade/upgrades.ts'

const SWEEP_MS = 1_000

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
  const { dataDir } = config
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const end = (error: unknown): void => {
    // Nothing is lost by ending here: all state is in the store, and agents keep their results.
    log.fatal({ err: error }, 'the control plane cannot go on')
    process.exit(1)
  }
  const db = await openStore({ dataDir, databaseUrl: config.databaseUrl, onLost: end })
  const key = loadSecretKey({
    dataDir,
    keyFile: config.secretKeyFile,
    storeHasSecrets: await hasSecrets(db),
  })
  const epoch = await takeOver(db, Date.now())
  await prepareFirstStart(db, dataDir, Date.now())
  const hostNames = [...config.hostNames, config.linkListen.host, config.listen.host]
  const tls = await openTls({ dir: join(dataDir, 'tls'), hostNames, nowMs: Date.now() })

  const auditRecorder = createAuditRecorder({
    write: (events) => insertAuditEvents(db, events),
    clock: systemClock,
    log,
  })
  const releaseKey = await openReleaseKey(dataDir)
  const bundles = new BundleLibrary({
    dir: config.bundleDir ?? join(dataDir, 'bundles'),
    key: releaseKey,
    build: config.bundleDir === null ? (arch) => install.bundles.get(arch) : null,
  })
  const upgrades = new Upgrades({
    db,
    transaction: (work) => fenced(db, epoch, work),
    bundles,
    audit: auditRecorder.audit,
    clock: systemClock,
    log,
    planeVersion: packageJson.version,
    timeZone: config.timeZone,
  })
  const link = createLinkServer({
    ...config.linkListen,
    tls,
    settings: config.link,
    store: databaseLinkStore(db),
    clock: systemClock,
    random: Math.random,
    audit: auditRecorder.audit,
    releaseKeyPem: releaseKey.publicKeyPem,
    upgrades,
    log,
  })
  const connectivity = await openConnectivity({
    db,
    key,
    ask: (...question) => requests.ask(...question),
    readyAgents: () => link.readyAgents(),
    defaultGroup: DEFAULT_GROUP,
    defaultTimeZone: config.timeZone,
    intervalMs: config.connectivityIntervalMs,
    clock: systemClock,
    log,
  })
  const {
    coordinator,
    runs,
    requests,
    log: runLog,
  } = openRuns({
    db,
    epoch,
    key,
    link,
    defaultTimeZone: config.timeZone,
    sliceBytesMax: config.sliceBytesMax,
    gate: connectivity.gate,
    audit: auditRecorder.audit,
    nowMs: Date.now,
    agentName: (agentId) => link.agentName(agentId),
    onFatal: end,
  })
  await coordinator.recover()
  const linkPort = await link.listen(coordinator)
  await upgrades.open(link)
  const sweep = setInterval(() => {
    coordinator.sweep()
    void connectivity.tick()
  }, SWEEP_MS)
  const speedUpdates = setInterval(() => coordinator.speed.update(), SPEED_UPDATE_MS)
  const { logRetentionDays } = config
  const stopHousekeeping = startHousekeeping({ db, logRetentionDays, nowMs: Date.now, log })

  const hostName = config.hostNames[0] ?? reachable(config.linkListen.host)
  const linkAddress = `${hostName}:${linkPort}`
  const install = await openInstall({
    dataDir,
    bundleDir: config.bundleDir,
    listen: config.installListen,
    host: hostName,
    linkPort,
    tls,
    log,
  })
  const loopback = isLoopback(config.listen.host)
  const api = await createApi({
    db,
    runs,
    agents: link,
    secretKey: key,
    enrolment: {
      linkAddress,
      caFingerprint: tls.caFingerprint,
      enrolCommand: (token) => install.installer.command(token),
    },
    upgrades,
    audit: auditRecorder.audit,
    connectivity,
    hosts: { ask: (...question) => requests.ask(...question), installer: install.installer },
    onGroupChanged: () => coordinator.groupChanged(),
    defaultTimeZone: config.timeZone,
    now: Date.now,
    log,
    tls: loopback ? null : { certPem: tls.certChainPem, keyPem: tls.keyPem },
    version: packageJson.version,
  })
  const apiUrl = await listenApi(api, config.listen)
  process.stdout.write(
    `${JSON.stringify({ ready: true, api: apiUrl, link: linkAddress, install: install.installer.webUrl })}\n`,
  )

  const stop = async (signal: string): Promise<void> => {
    log.info({ signal }, 'stopping')
    clearInterval(sweep)
    clearInterval(speedUpdates)
    stopHousekeeping()
    coordinator.stop()
    await api.close()
    await install.close()
    await upgrades.close()
    await link.close()
    await runLog.settled()
    await auditRecorder.close()
    await db.close()
    process.exit(0)
  }
  process.once('SIGTERM', (signal) => void stop(signal))
  process.once('SIGINT', (signal) => void stop(signal))
}

/** An address to dial, for one to listen on. */
function reachable(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
  process.stderr.write(`control plane: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
