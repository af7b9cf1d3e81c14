import { hashToken, newToken } from '../../secrets/hash-token.ts'
import { deleteApiToken } from '../../store/api-tokens/delete-api-token.ts'
import { insertApiToken } from '../../store/api-tokens/insert-api-token.ts'
import { listApiTokens } from '../../store/api-tokens/list-api-tokens.ts'
import { ApiError } from '../api-error.ts'
import { orConflict } from '../conflict.ts'
import type { Api, ApiContext } from '../context.ts'
import { answers, ListOf, NameParams, Nothing } from '../shapes/building-blocks.ts'
import { NewToken, Token, TokenInput } from '../shapes/token.ts'

const tags = ['tokens']

export function tokenRoutes(api: Api, { db, now, audit }: ApiContext): void {
  api.get('/tokens', { schema: { tags, response: answers(200, ListOf(Token)) } }, async () => ({
    items: await listApiTokens(db),
  }))
  api.post(
    '/tokens',
    { schema: { tags, body: TokenInput, response: answers(201, NewToken) } },
    async ({ body, actor, ip: peer }, reply) => {
      const token = newToken('sluice_api')
      const created = { name: body.name, createdAtMs: now() }
      const taken = `there is a token ${body.name} already`
      const inserted = insertApiToken(db, { ...created, tokenHash: hashToken(token) })
      await orConflict(inserted, 'NAME_TAKEN', taken)
      const message = `API token ${body.name} was created`
      audit({ kind: 'token.created', actor, peer, message })
      return reply.status(201).send({ ...created, token })
    },
  )
  api.delete(
    '/tokens/:name',
    { schema: { tags, params: NameParams, response: answers(200, Nothing) } },
    async ({ params, actor, ip: peer }) => {
      await db.transaction(async (tx) => {
        if (!(await deleteApiToken(tx, params.name))) {
          const message = `there is no token ${params.name}`
          throw new ApiError('TOKEN_NOT_FOUND', message, { where: params.name })
        }
        if ((await listApiTokens(tx)).length > 0) return
        const message = 'this is the last token: create another one before you delete it'
        throw new ApiError('LAST_TOKEN', message, { where: params.name })
      })
      const message = `API token ${params.name} was deleted`
      audit({ kind: 'token.deleted', actor, peer, message })
      return {}
    },
  )
}
