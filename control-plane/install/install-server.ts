/**
 * The web port for hosts: the installer and its bundles, by HTTPS, without a token, and nothing else.
 *
 * W1. Nothing secret is served here, and nothing that is sent is looked at but the method and the URL.
 * W2. Bounded: connections, requests of one address a minute, downloads at once, header size, time.
 */
import { createReadStream } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'

import type { Logger } from 'pino'

import type { ServerTls } from '../tls/server-tls.ts'
import { type Architecture, NoBundleError } from './bundles.ts'
import type { Installer } from './installer.ts'

/** W2. */
const CONNECTIONS_MAX = 256
const DOWNLOADS_MAX = 64
const REQUESTS_PER_MINUTE_MAX = 120
const ADDRESSES_COUNTED_MAX = 10_000
const HEADER_BYTES_MAX = 8 * 1024
const HEADERS_TIMEOUT_MS = 10_000
/** A bundle over a slow line: 45 MB at 50 kB/s. */
const DOWNLOAD_TIMEOUT_MS = 15 * 60_000

export interface InstallServerOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly tls: ServerTls
  readonly installer: Installer
  readonly log: Logger
}

export interface InstallServer {
  readonly port: number
  close(): Promise<void>
}

/** Rejects when it cannot listen. */
export async function startInstallServer(options: InstallServerOptions): Promise<InstallServer> {
  const { host, port, tls, log } = options
  const site = new InstallSite(options)
  const server = createServer(
    {
      cert: tls.certChainPem,
      key: tls.keyPem,
      minVersion: 'TLSv1.2',
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: HEADERS_TIMEOUT_MS,
    },
    (request, response) => {
      site.answer(request, response).catch((error: unknown) => {
        log.debug({ err: error }, 'install port')
        response.destroy()
      })
    },
  )
  server.maxConnections = CONNECTIONS_MAX
  server.on('tlsClientError', () => {}) // port scanners
  await listen(server, host, port)
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `the port for installers cannot be opened (${cause.message}): give another one with --install-listen HOST:PORT, or --install-listen off`
      reject(new Error(message, { cause }))
    })
    server.listen(port, host, () => resolve())
  })
}

class InstallSite {
  readonly #installer: Installer
  readonly #log: Logger
  readonly #requests = new Map<string, number>()
  #minute = 0
  #downloads = 0

  constructor({ installer, log }: InstallServerOptions) {
    this.#installer = installer
    this.#log = log
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setTimeout(DOWNLOAD_TIMEOUT_MS, () => response.destroy())
    if (this.#isTooMany(request.socket.remoteAddress ?? '')) {
      return send(response, 429, 'Too many requests: try again in a minute.\n')
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return send(response, 405, 'Only GET.\n')
    }
    const url = new URL(request.url ?? '/', 'https://host')
    if (url.pathname === '/install.sh') return this.#sendScript(response, url)
    if (url.pathname === '/uninstall.sh') {
      return send(response, 200, await this.#installer.uninstallScript())
    }
    if (url.pathname === '/ca.pem') return send(response, 200, this.#installer.caPem)
    const file = /^\/bundles\/([\w.+-]+)$/.exec(url.pathname)?.[1]
    if (file !== undefined) return this.#sendBundle(request, response, file)
    return send(response, 404, 'There is nothing here: see /install.sh.\n')
  }

  async #sendScript(response: ServerResponse, url: URL): Promise<void> {
    const arch = architecture(url.searchParams.get('arch') ?? 'x64')
    if (arch === null) return send(response, 404, 'Agents run on x86_64 and aarch64.\n')
    try {
      return send(response, 200, await this.#installer.script(arch))
    } catch (error) {
      if (!(error instanceof NoBundleError)) throw error
      this.#log.error({ err: error }, 'no bundle for a host')
      return send(response, 503, `${error.message}\n`)
    }
  }

  async #sendBundle(
    request: IncomingMessage,
    response: ServerResponse,
    file: string,
  ): Promise<void> {
    const found = await this.#installer.bundleFile(file)
    if (found === null) return send(response, 404, 'No such bundle: fetch /install.sh again.\n')
    if (this.#downloads >= DOWNLOADS_MAX) {
      response.setHeader('retry-after', '30')
      return send(response, 503, 'Too many downloads at once: try again in half a minute.\n')
    }
    response.writeHead(200, {
      'content-type': 'application/gzip',
      'content-length': found.bytes,
    })
    if (request.method === 'HEAD') return void response.end()
    this.#downloads++
    try {
      await pipeline(createReadStream(found.path), response)
    } finally {
      this.#downloads--
    }
  }

  #isTooMany(address: string): boolean {
    const minute = Math.floor(Date.now() / 60_000)
    if (minute !== this.#minute || this.#requests.size >= ADDRESSES_COUNTED_MAX) {
      this.#requests.clear()
      this.#minute = minute
    }
    const count = (this.#requests.get(address) ?? 0) + 1
    this.#requests.set(address, count)
    return count > REQUESTS_PER_MINUTE_MAX
  }
}

/** As `uname -m` says, or as we do. */
function architecture(text: string): Architecture | null {
  if (text === 'x64' || text === 'x86_64' || text === 'amd64') return 'x64'
  return text === 'arm64' || text === 'aarch64' ? 'arm64' : null
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(text)
}
