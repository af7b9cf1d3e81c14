/** What a host is given to install an agent: the script, filled in, and the bundle that it names. */
import { X509Certificate, createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import type { ServerTls } from '../tls/server-tls.ts'
import type { Architecture, BundleInfo, Bundles } from './bundles.ts'

const SCRIPT = fileURLToPath(new URL('../../install/install.sh', import.meta.url))
const UNINSTALL = fileURLToPath(new URL('../../install/uninstall.sh', import.meta.url))

export interface InstallerOptions {
  readonly bundles: Bundles
  readonly tls: ServerTls
  /** host:port of the agent link as hosts reach it. */
  readonly linkAddress: string
}

/** One file to carry: the script, and behind it the bundle's archive. */
export interface SelfExtracting {
  readonly fileName: string
  readonly script: Buffer
  readonly bundlePath: string
  readonly bytes: number
}

export class Installer {
  readonly #options: InstallerOptions
  /** Base URL of the web port; null: it is off, and hosts are given files. */
  webUrl: string | null = null
  /** SHA-256 of the server's public key, base64, as curl's --pinnedpubkey takes it. */
  readonly keyPin: string

  constructor(options: InstallerOptions) {
    this.#options = options
    this.keyPin = publicKeyPin(options.tls.certChainPem)
  }

  get caPem(): string {
    return this.#options.tls.caPem
  }

  /** Rejects with NoBundleError. */
  async script(arch: Architecture): Promise<string> {
    return this.#render(await this.#options.bundles.get(arch), '')
  }

  async uninstallScript(): Promise<string> {
    return readFile(UNINSTALL, 'utf8')
  }

  /** Rejects with NoBundleError. */
  async selfExtracting(arch: Architecture): Promise<SelfExtracting> {
    const { bundles } = this.#options
    const info = await bundles.get(arch)
    const lines = (await this.#render(info, '0')).split('\n').length
    const script = Buffer.from(await this.#render(info, String(lines)))
    return {
      fileName: `sluice-agent-${info.version}-linux-${arch}.run`,
      script,
      bundlePath: bundles.path(info),
      bytes: script.byteLength + info.bytes,
    }
  }

  /** One file of the bundles that were named in a script; null: there is none of this name. */
  async bundleFile(
    file: string,
  ): Promise<{ readonly path: string; readonly bytes: number } | null> {
    const { bundles } = this.#options
    const info = await bundles.find(file)
    return info === null ? null : { path: bundles.path(info), bytes: info.bytes }
  }

  /**
   * What a user copies to a host. The token is never an argument of a process: `export` is part of
   * the shell. `-k` is safe, since curl takes no other key than the one that is pinned.
   */
  command(token: string): string {
    const setToken = `export SLUICE_ENROL_TOKEN='${token}'`
    const sudo = 'sudo --preserve-env=SLUICE_ENROL_TOKEN,https_proxy,no_proxy sh'
    if (this.webUrl === null) return `${setToken}; ${sudo} ./sluice-agent.run`
    const url = `${this.webUrl}/install.sh?arch=$(uname -m)`
    return `${setToken}; curl -fsSk --pinnedpubkey 'sha256//${this.keyPin}' "${url}" | ${sudo}`
  }

  async #render(info: BundleInfo, payloadLine: string): Promise<string> {
    const { tls, linkAddress } = this.#options
    const values: Readonly<Record<string, string>> = {
      LINK: linkAddress,
      WEB: this.webUrl ?? '',
      PIN: this.keyPin,
      CA_FINGERPRINT: tls.caFingerprint,
      VERSION: info.version,
      ARCH: info.arch,
      BUNDLE: info.file,
      SHA256: info.sha256,
      PAYLOAD_LINE: payloadLine,
    }
    const template = await readFile(SCRIPT, 'utf8')
    return template.replaceAll(/^([A-Z0-9_]+)='@(\w+)@'$/gm, (line, name: string, key: string) => {
      const value = values[key]
      return value === undefined ? line : `${name}='${value.replaceAll("'", '')}'`
    })
  }
}

function publicKeyPin(certChainPem: string): string {
  const key = new X509Certificate(certChainPem).publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(key).digest('base64')
}
