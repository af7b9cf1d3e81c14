/** Who may call: whoever has a token. Only hashes of tokens are stored. */
import type { FastifyRequest } from 'fastify'

import { hashToken } from '../secrets/hash-token.ts'
import { findApiToken } from '../store/api-tokens/find-api-token.ts'
import { ApiError } from './api-error.ts'
import type { ApiContext } from './context.ts'
import { RefusedCallers } from './refused-callers.ts'

/** Subprotocol of the live connections. */
export const WATCH_PROTOCOL = 'sluice.v1'

/**
 * Browsers cannot set headers on a WebSocket: they offer the token as a second subprotocol of this
 * form, which the server never echoes. Not as a query parameter: those end up in logs.
 */
const TOKEN_PROTOCOL_PREFIX = 'sluice.token.'

declare module 'fastify' {
  interface FastifyRequest {
    /** Name of the API token that the request came with: who does what is asked for. */
    actor: string
  }
}

/** An onRequest hook: names the request's actor, or throws ApiError UNAUTHENTICATED. */
export function requireToken(context: ApiContext): (request: FastifyRequest) => Promise<void> {
  const refused = new RefusedCallers()
  return async (request) => {
    auditCounts(context, refused)
    const token = bearerToken(request) ?? protocolToken(request)
    if (token === null) {
      throw new ApiError('UNAUTHENTICATED', 'send a token: Authorization: Bearer <token>')
    }
    const known = await findApiToken(context.db, hashToken(token))
    if (known === null) {
      auditRefusal(context, refused, request)
      throw new ApiError('UNAUTHENTICATED', 'the token is unknown or was deleted')
    }
    request.actor = known.name
  }
}

function auditRefusal(
  context: ApiContext,
  refused: RefusedCallers,
  { ip: peer, method, url }: FastifyRequest,
): void {
  if (!refused.refused(peer, context.now())) return
  const message = `${method} ${url.split('?')[0]} came with a token that is unknown or was deleted`
  context.audit({ kind: 'api.refused', actor: 'unknown', peer, message })
}

function auditCounts(context: ApiContext, refused: RefusedCallers): void {
  for (const { peer, count } of refused.takeOver(context.now())) {
    const message = `${count} more calls within a minute came with a token that is unknown`
    context.audit({ kind: 'api.refused', actor: 'unknown', peer, message, detail: { count } })
  }
}

function bearerToken(request: FastifyRequest): string | null {
  const match = /^Bearer ([!-~]+)$/i.exec(request.headers.authorization ?? '')
  return match?.[1] ?? null
}

function protocolToken(request: FastifyRequest): string | null {
  const offered = request.headers['sec-websocket-protocol']
  if (offered === undefined) return null
  const found = offered
    .split(',')
    .map((one) => one.trim())
    .find((one) => one.startsWith(TOKEN_PROTOCOL_PREFIX))
  return found === undefined ? null : found.slice(TOKEN_PROTOCOL_PREFIX.length)
}
