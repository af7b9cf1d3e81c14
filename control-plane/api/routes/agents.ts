import { Type } from 'typebox'

import type { AuditKind } from '../../audit/audit.ts'
import type { AgentRow } from '../../store/agents/agent-row.ts'
import { changeAgent } from '../../store/agents/change-agent.ts'
import { deleteAgent } from '../../store/agents/delete-agent.ts'
import { findAgentByName } from '../../store/agents/find-agent-by-name.ts'
import { findAgent } from '../../store/agents/find-agent.ts'
import { listAgents } from '../../store/agents/list-agents.ts'
import { takesNoWork } from '../../upgrade/campaign.ts'
import { agentStatus } from '../agent-status.ts'
import { ApiError } from '../api-error.ts'
import { orConflict } from '../conflict.ts'
import type { Api, ApiContext } from '../context.ts'
import { logPage } from '../log-page.ts'
import { optionalBody } from '../optional-body.ts'
import { Agent, AgentChange } from '../shapes/agent.ts'
import { answers, ListOf, Name, Nothing } from '../shapes/building-blocks.ts'
import { DrainInput } from '../shapes/group.ts'
import { LogPage, LogQuery } from '../shapes/run.ts'
import { requireGroup, type Caller } from './groups.ts'

const tags = ['agents']
const GroupFilter = Type.Object({ group: Type.Optional(Name) }, { additionalProperties: false })
export const AgentParams = Type.Object({
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
      const ready = readyIds(context)
      return { items: rows.map((row) => agentAnswer(context, row, ready)) }
    },
  )
  api.get(
    '/agents/:agent',
    { schema: { tags, params: AgentParams, response: answers(200, Agent) } },
    async ({ params }) => agentAnswer(context, await requireAgent(context, params.agent)),
  )
  api.patch(
    '/agents/:agent',
    { schema: { tags, params: AgentParams, body: AgentChange, response: answers(200, Agent) } },
    async (request) => updateAgent(context, request, request.params.agent, request.body),
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
    {
      schema: { tags, params: AgentParams, body: DrainInput, response: answers(200, Agent) },
      preValidation: optionalBody,
    },
    async (request) => {
      const agent = await requireAgent(context, request.params.agent)
      if (agent.state === 'revoked') throw conflict(agent, 'there is nothing to drain')
      await agents.drain(agent.id, request.body.deadlineMs)
      const detail = request.body.deadlineMs === undefined ? undefined : request.body
      auditAgent(context, request, agent, 'agent.drained', 'drains', detail)
      return answerOf(context, agent.id)
    },
  )
  api.post(
    '/agents/:agent/resume',
    { schema: { tags, params: AgentParams, response: answers(200, Agent) } },
    async (request) => {
      const agent = await requireAgent(context, request.params.agent)
      if (agent.state !== 'draining' && agent.state !== 'drained') {
        throw conflict(agent, 'only a drain can be taken back')
      }
      await agents.resume(agent.id)
      auditAgent(context, request, agent, 'agent.resumed', 'is given work again')
      return answerOf(context, agent.id)
    },
  )
  api.post(
    '/agents/:agent/revoke',
    { schema: { tags, params: AgentParams, response: answers(200, Agent) } },
    async (request) => {
      const agent = await requireAgent(context, request.params.agent)
      await agents.revoke(agent.id)
      auditAgent(context, request, agent, 'agent.revoked', 'was revoked')
      return answerOf(context, agent.id)
    },
  )
  api.delete(
    '/agents/:agent',
    { schema: { tags, params: AgentParams, response: answers(200, Nothing) } },
    async (request) => {
      const agent = await requireAgent(context, request.params.agent)
      if (!(await deleteAgent(db, agent.id))) {
        const message = `agent ${agent.name} is ${agent.state}: drain it, or revoke it, before it is deleted`
        throw new ApiError('AGENT_NOT_OFFLINE', message, { where: agent.name })
      }
      auditAgent(context, request, agent, 'agent.deleted', 'was deleted')
      return {}
    },
  )
}

async function updateAgent(
  context: ApiContext,
  caller: Caller,
  nameOrId: string,
  { group: groupName, ...change }: AgentChange,
): Promise<Agent> {
  const agent = await requireAgent(context, nameOrId)
  const group = groupName === undefined ? null : await requireGroup(context, groupName)
  const changed = await orConflict(
    changeAgent(context.db, agent.id, { ...change, groupId: group?.id }),
    'NAME_TAKEN',
    `there is an agent ${change.name} already`,
  )
  if (!changed) throw conflict(agent, 'drain it, and wait until it is drained, before it is moved')
  const parts = [...Object.keys(change), ...(group === null ? [] : ['group'])]
  const detail = group === null ? change : { ...change, group: group.name }
  auditAgent(context, caller, agent, 'agent.changed', `was changed: ${parts.join(', ')}`, detail)
  context.onGroupChanged(agent.groupId)
  if (group !== null && group.id !== agent.groupId) context.onGroupChanged(group.id)
  return answerOf(context, agent.id)
}

function conflict({ name, state }: AgentRow, why: string): ApiError {
  return new ApiError('STATE_CONFLICT', `agent ${name} is ${state}: ${why}`, { where: name })
}

function auditAgent(
  { audit }: ApiContext,
  { actor, ip: peer }: Caller,
  { id: agentId, name, groupName: group }: AgentRow,
  kind: AuditKind,
  what: string,
  detail?: unknown,
): void {
  audit({ kind, actor, peer, agentId, group, message: `agent ${name} ${what}`, detail })
}

/** By name, else by id. @throws ApiError AGENT_NOT_FOUND */
export async function requireAgent({ db }: ApiContext, nameOrId: string): Promise<AgentRow> {
  const agent = (await findAgentByName(db, nameOrId)) ?? (await findAgent(db, nameOrId))
  if (agent !== null) return agent
  throw new ApiError('AGENT_NOT_FOUND', `there is no agent ${nameOrId}`, { where: nameOrId })
}

async function answerOf(context: ApiContext, agentId: string): Promise<Agent> {
  return agentAnswer(context, await requireAgent(context, agentId))
}

/** Asked once for a whole list. */
function readyIds({ agents }: ApiContext): ReadonlySet<string> {
  return new Set(agents.readyAgents().map((agent) => agent.agentId))
}

function agentAnswer(
  context: ApiContext,
  row: AgentRow,
  readyAgents: ReadonlySet<string> = readyIds(context),
): Agent {
  const { agents, upgrades, now } = context
  const ready = readyAgents.has(row.id)
  const freeChannels = ready ? agents.freeChannels(row.id) : 0
  const { state } = row
  const beat = agents.lastBeat(row.id)
  const restart = agents.lastRestart(row.id)
  const restartedAtMs = restart?.atMs ?? null
  const underway = upgrades.upgrading(row.id)
  const upgrading = underway !== null && takesNoWork(underway)
  return {
    id: row.id,
    name: row.name,
    group: row.groupName,
    state,
    status: agentStatus({ state, ready, freeChannels, restartedAtMs, upgrading, nowMs: now() }),
    ready,
    restart,
    channels: row.channels,
    channelsFree: freeChannels,
    weight: row.weight,
    labels: { ...row.labels },
    drainUntilMs: row.drainUntilMs,
    notices: [...row.notices],
    facts: row.facts,
    heartbeat: beat?.heartbeat ?? row.heartbeat,
    heartbeatAtMs: beat?.atMs ?? row.heartbeatAtMs,
    leaseUntilMs: beat?.leaseUntilMs ?? row.leaseUntilMs,
    createdAtMs: row.createdAtMs,
  }
}
