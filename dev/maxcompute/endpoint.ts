import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { DownloadRoutes } from './download/download-routes.ts'
import { dropsReply, failBefore, Faults } from './fault/fault-routes.ts'
import { Exchange } from './http/exchange.ts'
import { verifySignature } from './http/signature.ts'
import type { Credentials } from './http/signature.ts'
import { InstanceRoutes } from './instance/instance-routes.ts'
import { InstanceStore } from './instance/instance-store.ts'
import { TableRoutes } from './rest/table-routes.ts'
import { route, routeKind } from './router.ts'
import type { Routes } from './router.ts'
import { ServiceError } from './service-error.ts'
import { Catalog } from './store/catalog.ts'
import { Database } from './store/database.ts'
import { SessionStore } from './upload/session-store.ts'
import { UploadRoutes } from './upload/upload-routes.ts'
import { BlockError } from './wire/block-error.ts'

/** Pooled connections of clients must not die between two requests. */
const KEEP_ALIVE_MS = 75_000
const HIGH_WATER_BYTES = 256 * 1024

export interface LocalEndpointOptions {
  readonly dataDir: string
  /** 0 for any free port. */
  readonly port?: number
  readonly host?: string
  /** Created when they do not exist; names in lower case. */
  readonly projects: readonly string[]
  readonly credentials?: readonly Credentials[]
  /** Serves `/__faults`, which makes requests fail on demand. */
  readonly faults?: boolean
  /** DuckDB's `memory_limit`, such as `2GB`; default 1GB. */
  readonly memoryLimit?: string
  /** Verifies blocks and throws their rows away. */
  readonly discard?: boolean
}

export interface LocalEndpoint {
  /** `http://host:port`: the tunnel endpoint; the REST endpoint is `${url}/api`. */
  readonly url: string
  readonly port: number
  /** Ends open connections and running statements' transactions, and closes the database. */
  close(): Promise<void>
}

export const DEFAULT_CREDENTIALS: Credentials = { accessId: 'dev-id', accessKey: 'dev-key' }

/**
 * Starts a MaxCompute endpoint (REST and tunnel) on a DuckDB database in `dataDir`.
 * One process at a time may use a data directory: DuckDB locks its file.
 */
export async function startLocalEndpoint(options: LocalEndpointOptions): Promise<LocalEndpoint> {
  const now = Date.now
  const database = await Database.open(options.dataDir, options.memoryLimit)
  const catalog = await Catalog.load(database, options.projects)
  const sessions = await SessionStore.open(options.dataDir, database, now())
  const instances = await InstanceStore.open(options.dataDir, catalog, database, now)
  const downloads = new DownloadRoutes(catalog, database, now)
  const routes: Routes = {
    catalog,
    tables: new TableRoutes(catalog, database),
    uploads: new UploadRoutes(catalog, sessions, { discards: options.discard === true, now }),
    downloads,
    instances: new InstanceRoutes(instances, database, downloads),
  }
  const service: Service = {
    routes,
    credentials: options.credentials ?? [DEFAULT_CREDENTIALS],
    faults: options.faults === true ? new Faults() : null,
  }
  const server = createServer({ highWaterMark: HIGH_WATER_BYTES }, (request, response) => {
    void serve(request, response, service)
  })
  // A block's PUT may take long; what is limited is silence (upload-routes.ts).
  server.requestTimeout = 0
  server.keepAliveTimeout = KEEP_ALIVE_MS
  const { host, port } = await listen(server, options.port ?? 0, options.host ?? '127.0.0.1')
  return {
    url: `http://${host}:${port}`,
    port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      await instances.close()
      await database.close()
    },
  }
}

interface Service {
  readonly routes: Routes
  readonly credentials: readonly Credentials[]
  readonly faults: Faults | null
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  service: Service,
): Promise<void> {
  const requestId = randomUUID().replaceAll('-', '').toUpperCase()
  const exchange = new Exchange(request, response, requestId)
  try {
    await perform(exchange, service)
  } catch (error) {
    fail(exchange, error)
  } finally {
    request.resume()
  }
}

async function perform(exchange: Exchange, service: Service): Promise<void> {
  if (service.faults !== null && Faults.isFor(exchange)) {
    await service.faults.serve(exchange)
    return
  }
  const { method, request } = exchange
  const signed = { method, target: request.url ?? '/', headers: singleHeaders(request) }
  verifySignature(signed, service.credentials, Date.now())
  const faults = service.faults?.firing(routeKind(exchange)) ?? []
  if (await failBefore(exchange, faults)) return
  const reply = await route(exchange, service.routes)
  if (dropsReply(faults)) request.socket.destroy()
  else reply?.()
}

function fail(exchange: Exchange, error: unknown): void {
  if (error instanceof ServiceError) exchange.fail(error.status, error.code, error.message)
  else if (error instanceof BlockError) exchange.fail(400, error.code, error.message)
  else {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.stderr.write(`${JSON.stringify({ requestId: exchange.requestId, error: detail })}\n`)
    const message = error instanceof Error ? error.message : String(error)
    exchange.fail(500, 'InternalServerError', `ODPS-0010000: ${message}`)
  }
}

function singleHeaders(request: IncomingMessage): Record<string, string | undefined> {
  const entries = Object.entries(request.headers)
  return Object.fromEntries(entries.map(([k, v]) => [k, Array.isArray(v) ? v.join(',') : v]))
}

async function listen(
  server: Server,
  port: number,
  host: string,
): Promise<{ host: string; port: number }> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return {
    host: address.family === 'IPv6' ? `[${address.address}]` : address.address,
    port: address.port,
  }
}
