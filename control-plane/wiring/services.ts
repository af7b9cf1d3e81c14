/** What works with agents: upgrades, the link, connectivity and runs. They call each other; nothing runs yet. */
import { join } from 'node:path'

import { systemClock } from '../../lib/clock.ts'
import packageJson from '../../package.json' with { type: 'json' }
import type { Connectivity } from '../connectivity/connectivity.ts'
import { openConnectivity } from '../connectivity/open-connectivity.ts'
import { Bundles } from '../install/bundles.ts'
import { databaseLinkStore } from '../link/database-link-store.ts'
import { createLinkServer, type LinkServer } from '../link/server.ts'
import { openRuns, type OpenRuns } from '../run/open-runs.ts'
import { DEFAULT_GROUP } from '../run/runs.ts'
import { fenced } from '../store/take-over.ts'
import { BundleLibrary } from '../upgrade/bundle-library.ts'
import { Upgrades } from '../upgrade/upgrades.ts'
import type { Foundation } from './foundation.ts'

export interface Services {
  readonly bundles: Bundles
  readonly upgrades: Upgrades
  readonly link: LinkServer
  readonly connectivity: Connectivity
  readonly runs: OpenRuns
}

export async function openServices(foundation: Foundation): Promise<Services> {
  const { config, db, key, log } = foundation
  const buildDir = join(config.dataDir, 'bundles')
  const bundles = new Bundles({ buildDir, givenDir: config.bundleDir })
  const upgrades = newUpgrades(foundation, bundles)
  const link = newLink(foundation, upgrades)
  const connectivity = await openConnectivity({
    db,
    key,
    ask: (...question) => runs.requests.ask(...question),
    readyAgents: () => link.readyAgents(),
    defaultGroup: DEFAULT_GROUP,
    defaultTimeZone: config.timeZone,
    intervalMs: config.connectivityIntervalMs,
    clock: systemClock,
    log,
  })
  const runs = newRuns(foundation, { upgrades, link, connectivity })
  return { bundles, upgrades, link, connectivity, runs }
}

function newUpgrades(foundation: Foundation, bundles: Bundles): Upgrades {
  const { config, db, epoch, releaseKey, auditRecorder, log } = foundation
  const library = new BundleLibrary({
    dir: config.bundleDir ?? join(config.dataDir, 'bundles'),
    key: releaseKey,
    build: config.bundleDir === null ? (arch) => bundles.get(arch) : null,
  })
  return new Upgrades({
    db,
    transaction: (work) => fenced(db, epoch, work),
    bundles: library,
    audit: auditRecorder.audit,
    clock: systemClock,
    log,
    planeVersion: packageJson.version,
    timeZone: config.timeZone,
  })
}

function newLink(foundation: Foundation, upgrades: Upgrades): LinkServer {
  const { config, db, tls, releaseKey, auditRecorder, log } = foundation
  return createLinkServer({
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
}

function newRuns(
  foundation: Foundation,
  { upgrades, link, connectivity }: Pick<Services, 'upgrades' | 'link' | 'connectivity'>,
): OpenRuns {
  const { config, db, epoch, key, auditRecorder, onFatal } = foundation
  return openRuns({
    db,
    epoch,
    key,
    link,
    defaultTimeZone: config.timeZone,
    sliceBytesMax: config.sliceBytesMax,
    gate: connectivity.gate,
    upgrading: (agentId) => upgrades.upgrading(agentId),
    audit: auditRecorder.audit,
    nowMs: Date.now,
    agentName: (agentId) => link.agentName(agentId),
    onFatal,
  })
}
