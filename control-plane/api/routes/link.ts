import { Type } from 'typebox'

import type { Api, ApiContext } from '../context.ts'
import { answers, Nullable } from '../shapes/building-blocks.ts'

const LinkFigures = Type.Object({
  agentsReady: Type.Integer({ description: 'Agents that may be given work right now.' }),
  helloWaiting: Type.Integer({ description: 'Agents that wait to be let in.' }),
  accepted: Type.Integer({
    description: 'Slices that agents have accepted in the last ten seconds.',
  }),
  assignP50Ms: Nullable(
    Type.Number({ description: 'From the moment a slice has room to its stored accept; median.' }),
  ),
  assignP99Ms: Nullable(Type.Number()),
})

/** How the agent link itself is doing. */
export function linkRoutes(api: Api, { agents }: ApiContext): void {
  api.get('/link', { schema: { tags: ['info'], response: answers(200, LinkFigures) } }, async () =>
    agents.linkFigures(),
  )
}
