import type { FastifyRequest } from 'fastify'

/** A preValidation hook of routes whose body may be left away: nothing is an empty object. */
export async function optionalBody(request: FastifyRequest): Promise<void> {
  request.body ??= {}
}
