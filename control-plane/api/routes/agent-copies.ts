import { Type } from 'typebox'

import type { AgentCopyRow } from '../../store/agent-copies/copy-row.ts'
import { decideCopy } from '../../store/agent-copies/decide-copy.ts'
import { listCopies } from '../../store/agent-copies/list-copies.ts'
import { listAgents } from '../../store/agents/list-agents.ts'
import { ApiError } from '../api-error.ts'
import type { Api, ApiContext } from '../context.ts'
import { AgentCopy, CopyDecision, CopyFilter } from '../shapes/agent-copy.ts'
import { answers, ListOf } from '../shapes/building-blocks.ts'
import { AgentParams, requireAgent } from './agents.ts'

const tags = ['agents']
const CopyParams = Type.Object({
  ...AgentParams.properties,
  copy: Type.Integer({ minimum: 1 }),
})

/** Copies of agents, which wait in quarantine, and what a person decides about them. */
export function agentCopyRoutes(api: Api, context: ApiContext): void {
  const { db, agents, audit } = context
  api.get(
    '/agent-copies',
    { schema: { tags, querystring: CopyFilter, response: answers(200, ListOf(AgentCopy)) } },
    async ({ query }) => {
      const of = query.agent === undefined ? null : await requireAgent(context, query.agent)
      const names = new Map((await listAgents(db, null)).map(({ id, name }) => [id, name]))
      const rows = await listCopies(db, of?.id ?? null)
      return { items: rows.map((row) => copyAnswer(row, names.get(row.agentId) ?? row.agentId)) }
    },
  )
  api.post(
    '/agents/:agent/copies/:copy/resolve',
    { schema: { tags, params: CopyParams, body: CopyDecision, response: answers(200, AgentCopy) } },
    async ({ params, body, actor, ip: peer }) => {
      const agent = await requireAgent(context, params.agent)
      const isConnected = agents.readyAgents().some(({ agentId }) => agentId === agent.id)
      if (body.as === 'same' && isConnected) {
        const message = `agent ${agent.name} is connected: stop the one that must not be the agent first, or let the copy become new`
        throw new ApiError('STATE_CONFLICT', message, { where: agent.name })
      }
      const decision = { agentId: agent.id, copyId: params.copy, decision: body.as }
      const row = await decideCopy(db, decision)
      if (row === null) {
        const message = `agent ${agent.name} has no copy ${params.copy}`
        throw new ApiError('COPY_NOT_FOUND', message, { where: agent.name })
      }
      const what = body.as === 'new' ? 'becomes an agent of its own' : 'is the agent from now on'
      const message = `copy ${row.id} of agent ${agent.name} ${what}`
      const at = { agentId: agent.id, group: agent.groupName, peer }
      audit({ kind: 'agent.copyResolved', actor, ...at, message })
      return copyAnswer(row, agent.name)
    },
  )
}

function copyAnswer(row: AgentCopyRow, agent: string): AgentCopy {
  const { id, verdict, generation, facts, peer, firstSeenMs, lastSeenMs, decision } = row
  return { id, agent, verdict, generation, facts, peer, firstSeenMs, lastSeenMs, decision }
}
