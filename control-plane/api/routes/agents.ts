import { Type } from 'typebox'

import type { AgentRow } from '../../store/agents/agent-row.ts'
import { deleteAgent } from '../../store/agents/delete-agent.ts'
import { findAgentByName } from '../../store/agents/find-agent-by-name.ts'
import { findAgent } from '../../store/agents/find-agent.ts'
import { listAgents } from '../../store/agents/list-agents.ts'
import { renameAgent } from '../../store/agents/rename-agent.ts'
import { ApiError } from '../api-error.ts'
import { orConflict } from '../conflict.ts'
import type { Api, ApiContext } from '../context.ts'
import { logPage } from '../log-page.ts'
import { Agent, AgentRename } from '../shapes/agent.ts'
import { answers, ListOf, Name, Nothing } from '../shapes/building-blocks.ts'
import { LogPage, LogQuery } from '../shapes/run.ts'
import { requireGroup } from './groups.ts'

const tags = ['agents']
const GroupFilter = Type.Object({ group: Type.Optional(Name) }, { additionalProperties: false })
const AgentParams = Type.Object({
  agent: Type.String({ minLength: 1, maxLength: 128, description: 'Its name or its id.' }),
})

export function agentRoutes(api: Api, context: ApiContext): void {
  const { db } = context
  api.get(
    '/agents',
    { schema: { tags, querystring: GroupFilter, response: answers(200, ListOf(Agent)) } },
    async ({ query }) => {
      const group = query.group === undefined ? null : await requireGroup(context, query.group)
      const rows = await listAgents(db, group?.id ?? null)
      return { items: rows.map((row) => agentAnswer(context, row)) }
    },
  )
  api.get(
    '/agents/:agent',
    { schema: { tags, params: AgentParams, response: answers(200, Agent) } },
    async ({ params }) => agentAnswer(context, await requireAgent(context, params.agent)),
  )
  api.patch(
    '/agents/:agent',
    { schema: { tags, params: AgentParams, body: AgentRename, response: answers(200, Agent) } },
    async ({ params, body }) => {
      const { id } = await requireAgent(context, params.agent)
      const taken = `there is an agent ${body.name} already`
      await orConflict(renameAgent(db, id, body.name), 'NAME_TAKEN', taken)
      return agentAnswer(context, await requireAgent(context, id))
    },
  )
  api.get(
    '/agents/:agent/logs',
    {
      schema: { tags, params: AgentParams, querystring: LogQuery, response: answers(200, LogPage) },
    },
    async ({ params, query }) => {
      const { id } = await requireAgent(context, params.agent)
      return logPage(db, { kind: 'agent', agentId: id }, query)
    },
  )
  lifecycleRoutes(api, context)
}

function lifecycleRoutes(api: Api, context: ApiContext): void {
  const { db, agents } = context
  api.post(
    '/agents/:agent/drain',
    { schema: { tags, params: AgentParams, response: answers(200, Agent) } },
    async ({ params }) => {
      const { id, name, state } = await requireAgent(context, params.agent)
      if (state === 'revoked') {
        const message = `agent ${name} is revoked: there is nothing to drain`
        throw new ApiError('STATE_CONFLICT', message, { where: name })
      }
      await agents.drain(id)
      return agentAnswer(context, await requireAgent(context, id))
    },
  )
  api.post(
    '/agents/:agent/resume',
    { schema: { tags, params: AgentParams, response: answers(200, Agent) } },
    async ({ params }) => {
      const { id, name, state } = await requireAgent(context, params.agent)
      if (state !== 'draining' && state !== 'drained') {
        const message = `agent ${name} is ${state}: only a drain can be taken back`
        throw new ApiError('STATE_CONFLICT', message, { where: name })
      }
      await agents.resume(id)
      return agentAnswer(context, await requireAgent(context, id))
    },
  )
  api.post(
    '/agents/:agent/revoke',
    { schema: { tags, params: AgentParams, response: answers(200, Agent) } },
    async ({ params }) => {
      const { id } = await requireAgent(context, params.agent)
      await agents.revoke(id)
      return agentAnswer(context, await requireAgent(context, id))
    },
  )
  api.delete(
    '/agents/:agent',
    { schema: { tags, params: AgentParams, response: answers(200, Nothing) } },
    async ({ params }) => {
      const { id, name, state } = await requireAgent(context, params.agent)
      if (!(await deleteAgent(db, id))) {
        const message = `agent ${name} is ${state}: drain it, or revoke it, before it is deleted`
        throw new ApiError('AGENT_NOT_OFFLINE', message, { where: name })
      }
      return {}
    },
  )
}

/** By name, else by id. @throws ApiError AGENT_NOT_FOUND */
async function requireAgent({ db }: ApiContext, nameOrId: string): Promise<AgentRow> {
  const agent = (await findAgentByName(db, nameOrId)) ?? (await findAgent(db, nameOrId))
  if (agent !== null) return agent
  throw new ApiError('AGENT_NOT_FOUND', `there is no agent ${nameOrId}`, { where: nameOrId })
}

function agentAnswer({ agents }: ApiContext, row: AgentRow): Agent {
  return {
    id: row.id,
    name: row.name,
    group: row.groupName,
    state: row.state,
    ready: agents.readyAgents().some((agent) => agent.agentId === row.id),
    channels: row.channels,
    facts: row.facts,
    heartbeat: row.heartbeat,
    heartbeatAtMs: row.heartbeatAtMs,
    leaseUntilMs: row.leaseUntilMs,
    createdAtMs: row.createdAtMs,
  }
}
