/** The ports for people and for hosts that have no agent yet: the API's and the installer's. */
import packageJson from '../../package.json' with { type: 'json' }
import type { Api } from '../api/context.ts'
import { createApi } from '../api/create-api.ts'
import { isLoopback, listenApi } from '../api/listen.ts'
import type { Installer } from '../install/installer.ts'
import { openInstall, type OpenInstall } from '../install/open-install.ts'
import type { Foundation } from './foundation.ts'
import type { Services } from './services.ts'

export interface Web {
  /** As they are reached; install null: not at all. */
  readonly addresses: {
    readonly api: string
    readonly link: string
    readonly install: string | null
  }
  readonly close: () => Promise<void>
}

export async function openWeb(
  foundation: Foundation,
  services: Services,
  linkPort: number,
): Promise<Web> {
  const { config, tls, log } = foundation
  const hostName = config.hostNames[0] ?? reachable(config.linkListen.host)
  const linkAddress = `${hostName}:${linkPort}`
  const install = await openInstall({
    bundles: services.bundles,
    listen: config.installListen,
    host: hostName,
    linkPort,
    tls,
    log,
  })
  const api = await newApi(foundation, services, install.installer, linkAddress)
  const apiUrl = await listenApi(api, config.listen)
  return {
    addresses: { api: apiUrl, link: linkAddress, install: install.installer.webUrl },
    close: () => close(api, install),
  }
}

async function close(api: Api, install: OpenInstall): Promise<void> {
  await api.close()
  await install.close()
}

function newApi(
  { config, db, key, tls, auditRecorder, log }: Foundation,
  { link, upgrades, connectivity, runs: { runs, requests, coordinator } }: Services,
  installer: Installer,
  linkAddress: string,
): Promise<Api> {
  const loopback = isLoopback(config.listen.host)
  return createApi({
    db,
    runs,
    agents: link,
    secretKey: key,
    enrolment: {
      linkAddress,
      caFingerprint: tls.caFingerprint,
      enrolCommand: (token) => installer.command(token),
    },
    upgrades,
    audit: auditRecorder.audit,
    connectivity,
    hosts: { ask: (...question) => requests.ask(...question), installer },
    onGroupChanged: () => coordinator.groupChanged(),
    defaultTimeZone: config.timeZone,
    now: Date.now,
    log,
    tls: loopback ? null : { certPem: tls.certChainPem, keyPem: tls.keyPem },
    version: packageJson.version,
  })
}

/** An address to dial, for one to listen on. */
function reachable(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
}
