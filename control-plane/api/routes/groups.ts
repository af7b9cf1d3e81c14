import type { FastifyRequest } from 'fastify'

import type { AuditEvent } from '../../audit/audit.ts'
import { listAgents } from '../../store/agents/list-agents.ts'
import { changeGroup } from '../../store/resource-groups/change-group.ts'
import { deleteGroup } from '../../store/resource-groups/delete-group.ts'
import type { GroupDeletion, GroupUse } from '../../store/resource-groups/delete-group.ts'
import { findGroupByName } from '../../store/resource-groups/find-group-by-name.ts'
import { PLAIN_GROUP } from '../../store/resource-groups/group-row.ts'
import type { GroupRow, GroupSettings } from '../../store/resource-groups/group-row.ts'
import { insertGroup } from '../../store/resource-groups/insert-group.ts'
import { listGroups, type GroupListRow } from '../../store/resource-groups/list-groups.ts'
import { ApiError } from '../api-error.ts'
import { orConflict } from '../conflict.ts'
import type { Api, ApiContext } from '../context.ts'
import { changedGroup, groupProblem, groupStatus } from '../group-rules.ts'
import { optionalBody } from '../optional-body.ts'
import { answers, ListOf, NameParams, Nothing } from '../shapes/building-blocks.ts'
import { DrainInput, Group, GroupChange, GroupDrained, GroupInput } from '../shapes/group.ts'

const tags = ['groups']
/** Agents of a group that are asked to drain at once: each is a write to the store. */
const DRAINS_AT_ONCE = 64

export function groupRoutes(api: Api, context: ApiContext): void {
  const { db } = context
  api.get('/groups', { schema: { tags, response: answers(200, ListOf(Group)) } }, async () => ({
    items: (await listGroups(db)).map((row) => groupAnswer(context, row)),
  }))
  api.get(
    '/groups/:name',
    { schema: { tags, params: NameParams, response: answers(200, Group) } },
    async ({ params }) => showGroup(context, params.name),
  )
  api.post(
    '/groups',
    { schema: { tags, body: GroupInput, response: answers(201, Group) } },
    async (request, reply) =>
      reply.status(201).send(await createGroup(context, request, request.body)),
  )
  api.patch(
    '/groups/:name',
    { schema: { tags, params: NameParams, body: GroupChange, response: answers(200, Group) } },
    async (request) => updateGroup(context, request, request.params.name, request.body),
  )
  api.delete(
    '/groups/:name',
    { schema: { tags, params: NameParams, response: answers(200, Nothing) } },
    async (request) => removeGroup(context, request, request.params.name),
  )
  api.post(
    '/groups/:name/drain',
    {
      schema: { tags, params: NameParams, body: DrainInput, response: answers(200, GroupDrained) },
      preValidation: optionalBody,
    },
    async (request) => drainGroup(context, request, request.params.name, request.body.deadlineMs),
  )
}

/** @throws ApiError GROUP_NOT_FOUND */
export async function requireGroup({ db }: ApiContext, name: string): Promise<GroupRow> {
  const group = await findGroupByName(db, name)
  if (group === null) throw groupNotFound(name)
  return group
}

/** Who asks, for the audit. */
export type Caller = Pick<FastifyRequest, 'actor' | 'ip'>

async function showGroup(context: ApiContext, name: string): Promise<Group> {
  const found = (await listGroups(context.db)).find((row) => row.name === name)
  if (found === undefined) throw groupNotFound(name)
  return groupAnswer(context, found)
}

async function createGroup(context: ApiContext, caller: Caller, body: GroupInput): Promise<Group> {
  const { name, ...change } = body
  const settings = changedGroup(PLAIN_GROUP, change)
  refuseProblem(name, groupProblem(null, settings))
  const group = { ...settings, name, createdAtMs: context.now() }
  const taken = `there is a group ${name} already`
  const id = await orConflict(insertGroup(context.db, group), 'NAME_TAKEN', taken)
  const message = `group ${name} was created (${settings.kind})`
  auditGroup(context, caller, { kind: 'group.created', group: name, message, detail: change })
  context.onGroupChanged(id)
  return groupAnswer(context, { ...group, id, agents: 0 })
}

async function updateGroup(
  context: ApiContext,
  caller: Caller,
  name: string,
  change: GroupChange,
): Promise<Group> {
  const decide = (group: GroupRow): GroupSettings => {
    const settings = changedGroup(group, change)
    refuseProblem(name, groupProblem(group, settings))
    return settings
  }
  const changed = await changeGroup(context.db, name, decide)
  if (changed === null) throw groupNotFound(name)
  const message = `group ${name} was changed: ${Object.keys(change).join(', ')}`
  auditGroup(context, caller, { kind: 'group.changed', group: name, message, detail: change })
  context.onGroupChanged(changed.id)
  return showGroup(context, name)
}

function refuseProblem(name: string, problem: string | null): void {
  if (problem === null) return
  throw new ApiError('GROUP_INVALID', `group ${name}: ${problem}`, { where: name })
}

async function removeGroup(
  context: ApiContext,
  caller: Caller,
  name: string,
): Promise<Record<string, never>> {
  const { id } = await requireGroup(context, name)
  const deletion = await deleteGroup(context.db, name)
  switch (deletion.outcome) {
    case 'deleted':
      auditGroup(context, caller, {
        kind: 'group.deleted',
        group: name,
        message: `group ${name} was deleted`,
      })
      context.onGroupChanged(id)
      return {}
    case 'notFound':
      throw groupNotFound(name)
    case 'isDefault':
      throw new ApiError('STATE_CONFLICT', 'the default group cannot be deleted', { where: name })
    case 'inUse':
      throw new ApiError('GROUP_NOT_EMPTY', inUseMessage(name, deletion), { where: name })
  }
}

function inUseMessage(name: string, uses: GroupDeletion & { outcome: 'inUse' }): string {
  const { agents, jobs, runs } = uses
  const parts = [
    named(agents, 'agent', 'agents'),
    named(jobs, 'job', 'jobs'),
    runs === 0 ? null : `${runs} kept ${runs === 1 ? 'run' : 'runs'}`,
  ].filter((part) => part !== null)
  const todo = 'delete its agents (drained or revoked ones), and move or delete its jobs, first'
  return `group ${name} still has ${parts.join(', ')}: ${todo}`
}

function named({ count, names }: GroupUse, one: string, many: string): string | null {
  if (count === 0) return null
  const more = count > names.length ? ', …' : ''
  return `${count} ${count === 1 ? one : many} (${names.join(', ')}${more})`
}

async function drainGroup(
  context: ApiContext,
  caller: Caller,
  name: string,
  deadlineMs: number | undefined,
): Promise<GroupDrained> {
  const { id } = await requireGroup(context, name)
  const agents = (await listAgents(context.db, id)).filter(
    ({ state }) => !['draining', 'drained', 'quarantined', 'revoked'].includes(state),
  )
  for (let at = 0; at < agents.length; at += DRAINS_AT_ONCE) {
    const some = agents.slice(at, at + DRAINS_AT_ONCE)
    await Promise.all(some.map((agent) => context.agents.drain(agent.id, deadlineMs)))
    for (const agent of some) {
      const message = `agent ${agent.name} drains, with its group`
      const of = { agentId: agent.id, group: name, detail: { deadlineMs } }
      auditGroup(context, caller, { kind: 'agent.drained', ...of, message })
    }
  }
  return { agents: agents.map((agent) => agent.name) }
}

function auditGroup(
  { audit }: ApiContext,
  { actor, ip: peer }: Caller,
  event: Omit<AuditEvent, 'actor' | 'peer'>,
): void {
  audit({ actor, peer, ...event })
}

function groupAnswer({ agents }: ApiContext, row: GroupListRow): Group {
  const ready = agents.readyAgents().filter((agent) => agent.groupId === row.id)
  const sum = (of: (agentId: string, channels: number) => number): number =>
    ready.reduce((total, agent) => total + of(agent.agentId, agent.channels), 0)
  const counts = {
    agents: row.agents,
    agentsReady: ready.length,
    channelsReady: sum((_, channels) => channels),
    channelsFree: sum((agentId) => agents.freeChannels(agentId)),
  }
  return {
    name: row.name,
    kind: row.kind,
    status: groupStatus({ ...counts, paused: row.paused }),
    description: row.description,
    labels: { ...row.labels },
    paused: row.paused,
    mbpsMax: row.mbpsMax,
    channelsMax: row.channelsMax,
    reservedJobs: [...row.reservedJobs],
    reservedOwners: [...row.reservedOwners],
    ...counts,
    createdAtMs: row.createdAtMs,
  }
}

function groupNotFound(name: string): ApiError {
  return new ApiError('GROUP_NOT_FOUND', `there is no group ${name}`, { where: name })
}
