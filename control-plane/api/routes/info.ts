import { Type } from 'typebox'

import type { Api } from '../context.ts'
import { answers } from '../shapes/building-blocks.ts'

const Info = Type.Object({
  version: Type.String(),
  timeZone: Type.String({
    description: 'IANA name: of planned times, and of jobs that name none.',
  }),
})

/** What a client has to know of the control plane itself. */
export function infoRoutes(
  api: Api,
  { version, defaultTimeZone }: { readonly version: string; readonly defaultTimeZone: string },
): void {
  api.get('/info', { schema: { tags: ['info'], response: answers(200, Info) } }, async () => ({
    version,
    timeZone: defaultTimeZone,
  }))
}
