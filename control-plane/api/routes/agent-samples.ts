import { listAgentSamples } from '../../store/agent-samples/list-agent-samples.ts'
import { ApiError } from '../api-error.ts'
import type { Api, ApiContext } from '../context.ts'
import { AgentSampleShape, SampleQuery, SAMPLES_MAX } from '../shapes/agent-sample.ts'
import { answers, ListOf } from '../shapes/building-blocks.ts'
import { AgentParams, requireAgent } from './agents.ts'

const HOUR_MS = 60 * 60 * 1000

/** What an agent's heartbeats said, a sample a minute, oldest first. */
export function agentSampleRoutes(api: Api, context: ApiContext): void {
  api.get(
    '/agents/:agent/samples',
    {
      schema: {
        tags: ['agents'],
        params: AgentParams,
        querystring: SampleQuery,
        response: answers(200, ListOf(AgentSampleShape)),
      },
    },
    async ({ params, query }) => {
      const { id } = await requireAgent(context, params.agent)
      const toMs = query.to ?? context.now() + 1
      const fromMs = query.from ?? toMs - HOUR_MS
      if (fromMs >= toMs) {
        const message = `from (${fromMs}) must be before to (${toMs})`
        throw new ApiError('INVALID_REQUEST', message, { where: 'from' })
      }
      const window = { agentId: id, fromMs, toMs, limit: SAMPLES_MAX }
      return { items: await listAgentSamples(context.db, window) }
    },
  )
}
