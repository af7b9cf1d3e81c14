import { Type } from 'typebox'

import { pingStore } from '../../store/ping-store.ts'
import type { Api, ApiContext } from '../context.ts'
import { answers } from '../shapes/building-blocks.ts'

const Health = Type.Object({ status: Type.Literal('ok') })

/** Open to everybody: they say nothing but that the process lives and has its store. */
export function healthRoutes(api: Api, { db }: ApiContext): void {
  api.get(
    '/healthz',
    { schema: { tags: ['health'], security: [], response: answers(200, Health) } },
    async () => ({ status: 'ok' as const }),
  )
  api.get(
    '/readyz',
    { schema: { tags: ['health'], security: [], response: answers(200, Health) } },
    async () => {
      await pingStore(db)
      return { status: 'ok' as const }
    },
  )
  api.get('/openapi.json', { schema: { hide: true } }, async () => api.swagger())
}
