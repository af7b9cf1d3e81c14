/** The HTTP API: /api/v1 behind bearer tokens; /healthz, /readyz and /openapi.json open. */
import fastifySwagger from '@fastify/swagger'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import fastifyWebsocket from '@fastify/websocket'
import fastify, { LogController, type FastifyBaseLogger, type FastifyServerOptions } from 'fastify'

import { API_ERROR_STATUS, ApiError, apiErrorFrom } from './api-error.ts'
import { requireToken, WATCH_PROTOCOL } from './auth.ts'
import type { Api, ApiContext } from './context.ts'
import { BODY_BYTES_MAX, PATH_PARAM_CHARS_MAX } from './limits.ts'
import { agentCopyRoutes } from './routes/agent-copies.ts'
import { agentSampleRoutes } from './routes/agent-samples.ts'
import { agentRoutes } from './routes/agents.ts'
import { auditRoutes } from './routes/audit.ts'
import { connectivityRoutes } from './routes/connectivity.ts'
import { datasourceRoutes } from './routes/datasources.ts'
import { enrolTokenRoutes } from './routes/enrol-tokens.ts'
import { groupRoutes } from './routes/groups.ts'
import { healthRoutes } from './routes/health.ts'
import { hostRoutes } from './routes/hosts.ts'
import { infoRoutes } from './routes/info.ts'
import { jobRoutes } from './routes/jobs.ts'
import { linkRoutes } from './routes/link.ts'
import { runRecordRoutes } from './routes/run-records.ts'
import { runWatchRoutes } from './routes/run-watch.ts'
import { runRoutes } from './routes/runs.ts'
import { sqlRoutes } from './routes/sql.ts'
import { tokenRoutes } from './routes/tokens.ts'
import { upgradeRoutes } from './routes/upgrades.ts'

export interface TlsPair {
  readonly certPem: string
  readonly keyPem: string
}

export interface ApiOptions extends ApiContext {
  readonly log: FastifyBaseLogger
  /** null: HTTP, which `listenApi` allows on a loopback address only. */
  readonly tls: TlsPair | null
  readonly version: string
}

/** @returns a server that does not listen yet: see `listenApi`. Close it with `close()`. */
export async function createApi(options: ApiOptions): Promise<Api> {
  const api = newServer(options)
  api.setValidatorCompiler(TypeBoxValidatorCompiler)
  funnelErrors(api)
  logAnswers(api)
  await api.register(fastifySwagger, openApiInfo(options.version))
  await api.register(fastifyWebsocket, {
    options: {
      maxPayload: 4096, // watchers have nothing to say
      handleProtocols: (offered: Set<string>) =>
        offered.has(WATCH_PROTOCOL) ? WATCH_PROTOCOL : false,
    },
  })
  healthRoutes(api, options)
  await api.register(
    async (v1) => {
      const scoped = v1 as unknown as Api
      v1.decorateRequest('actor', '')
      v1.addHook('onRequest', requireToken(options))
      for (const routes of ALL_ROUTES) routes(scoped, options)
      infoRoutes(scoped, options)
    },
    { prefix: '/api/v1' },
  )
  return api
}

const ALL_ROUTES: readonly ((api: Api, context: ApiContext) => void)[] = [
  groupRoutes,
  enrolTokenRoutes,
  agentRoutes,
  agentCopyRoutes,
  agentSampleRoutes,
  linkRoutes,
  hostRoutes,
  datasourceRoutes,
  connectivityRoutes,
  jobRoutes,
  runRoutes,
  runRecordRoutes,
  runWatchRoutes,
  sqlRoutes,
  tokenRoutes,
  upgradeRoutes,
  auditRoutes,
]

function newServer(options: ApiOptions): Api {
  const settings: FastifyServerOptions = {
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }), // logAnswers does
    routerOptions: { maxParamLength: PATH_PARAM_CHARS_MAX },
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: true,
    return503OnClosing: true,
  }
  const https =
    options.tls === null
      ? {}
      : { https: { cert: options.tls.certPem, key: options.tls.keyPem, minVersion: 'TLSv1.2' } }
  return fastify({ ...settings, ...https }) as Api
}

function funnelErrors(api: Api): void {
  api.setErrorHandler((thrown, request, reply) => {
    const error = apiErrorFrom(thrown)
    if (error.status >= 500) request.log.error({ err: thrown }, error.message)
    return reply.status(error.status).send(error.toAnswer())
  })
  api.setNotFoundHandler((request, reply) => {
    const where = `${request.method} ${request.url.split('?')[0]}`
    const error = new ApiError('ROUTE_NOT_FOUND', `there is no ${where}: see /openapi.json`, {
      where,
    })
    return reply.status(API_ERROR_STATUS.ROUTE_NOT_FOUND).send(error.toAnswer())
  })
}

/** One line an answer; neither headers nor bodies, which may hold secrets. */
function logAnswers(api: Api): void {
  api.addHook('onResponse', async (request, reply) => {
    const fields = {
      method: request.method,
      path: request.url.split('?')[0],
      status: reply.statusCode,
      elapsedMs: Math.round(reply.elapsedTime),
    }
    request.log.debug(fields, 'answered')
  })
}

function openApiInfo(version: string) {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sluice',
        version,
        description: 'Moves data from Kafka into MaxCompute through agents on your own hosts.',
      },
      components: {
        securitySchemes: { token: { type: 'http' as const, scheme: 'bearer' } },
      },
      security: [{ token: [] }],
    },
  }
}
