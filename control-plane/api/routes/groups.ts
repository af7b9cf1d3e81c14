import { deleteExpiredEnrolTokens } from '../../store/enrol-tokens/delete-expired-enrol-tokens.ts'
import { insertEnrolToken } from '../../store/enrol-tokens/insert-enrol-token.ts'
import { deleteGroup } from '../../store/resource-groups/delete-group.ts'
import { findGroupByName } from '../../store/resource-groups/find-group-by-name.ts'
import type { GroupRow } from '../../store/resource-groups/group-row.ts'
import { insertGroup } from '../../store/resource-groups/insert-group.ts'
import { listGroups, type GroupListRow } from '../../store/resource-groups/list-groups.ts'
import { mintEnrolToken } from '../../tls/enrol-token.ts'
import { ApiError } from '../api-error.ts'
import { orConflict } from '../conflict.ts'
import type { Api, ApiContext } from '../context.ts'
import { ENROL_TOKEN_MS } from '../limits.ts'
import { answers, ListOf, NameParams, Nothing } from '../shapes/building-blocks.ts'
import { EnrolToken, Group, GroupInput } from '../shapes/group.ts'

const tags = ['groups']

export function groupRoutes(api: Api, context: ApiContext): void {
  const { db, now } = context
  api.get('/groups', { schema: { tags, response: answers(200, ListOf(Group)) } }, async () => ({
    items: (await listGroups(db)).map((row) => groupAnswer(context, row)),
  }))
  api.post(
    '/groups',
    { schema: { tags, body: GroupInput, response: answers(201, Group) } },
    async ({ body }, reply) => {
      const group = {
        name: body.name,
        description: body.description ?? '',
        createdAtMs: now(),
      }
      const taken = `there is a group ${body.name} already`
      const id = await orConflict(insertGroup(db, group), 'NAME_TAKEN', taken)
      return reply.status(201).send(groupAnswer(context, { ...group, id, agents: 0 }))
    },
  )
  api.get(
    '/groups/:name',
    { schema: { tags, params: NameParams, response: answers(200, Group) } },
    async ({ params }) => {
      const found = (await listGroups(db)).find((row) => row.name === params.name)
      if (found === undefined) throw groupNotFound(params.name)
      return groupAnswer(context, found)
    },
  )
  api.delete(
    '/groups/:name',
    { schema: { tags, params: NameParams, response: answers(200, Nothing) } },
    async ({ params }) => {
      const deletion = await deleteGroup(db, params.name)
      if (deletion.outcome === 'notFound') throw groupNotFound(params.name)
      if (deletion.outcome === 'inUse') {
        const uses = `${deletion.agents} agents, ${deletion.jobs} jobs and ${deletion.runs} runs`
        const message = `group ${params.name} still has ${uses}: delete those first`
        throw new ApiError('GROUP_NOT_EMPTY', message, { where: params.name })
      }
      return {}
    },
  )
  api.post(
    '/groups/:name/enrol-tokens',
    { schema: { tags, params: NameParams, response: answers(201, EnrolToken) } },
    async ({ params }, reply) => {
      const group = await requireGroup(context, params.name)
      return reply.status(201).send(await newEnrolToken(context, group))
    },
  )
}

/** @throws ApiError GROUP_NOT_FOUND */
export async function requireGroup({ db }: ApiContext, name: string): Promise<GroupRow> {
  const group = await findGroupByName(db, name)
  if (group === null) throw groupNotFound(name)
  return group
}

async function newEnrolToken(context: ApiContext, group: GroupRow): Promise<EnrolToken> {
  const { db, enrolment, now } = context
  const createdAtMs = now()
  const expiresAtMs = createdAtMs + ENROL_TOKEN_MS
  const { token, tokenHash } = mintEnrolToken(enrolment.caFingerprint)
  await deleteExpiredEnrolTokens(db, createdAtMs - ENROL_TOKEN_MS)
  await insertEnrolToken(db, { tokenHash, groupId: group.id, createdAtMs, expiresAtMs })
  return {
    token,
    group: group.name,
    expiresAtMs,
    linkAddress: enrolment.linkAddress,
    caFingerprint: enrolment.caFingerprint,
    command: enrolment.enrolCommand(token),
  }
}

function groupAnswer({ agents }: ApiContext, row: GroupListRow): Group {
  const ready = agents.readyAgents().filter((agent) => agent.groupId === row.id)
  return {
    name: row.name,
    description: row.description,
    agents: row.agents,
    agentsReady: ready.length,
    channelsReady: ready.reduce((sum, agent) => sum + agent.channels, 0),
    createdAtMs: row.createdAtMs,
  }
}

function groupNotFound(name: string): ApiError {
  return new ApiError('GROUP_NOT_FOUND', `there is no group ${name}`, { where: name })
}
