import { isIP } from 'node:net'

import { Type } from 'typebox'

import { readTypedUuid } from '../../../lib/typed-uuid.ts'
import { findAgentByName } from '../../store/agents/find-agent-by-name.ts'
import { insertEnrolToken } from '../../store/enrol-tokens/insert-enrol-token.ts'
import {
  listUnusedEnrolTokens,
  type UnusedEnrolTokenRow,
} from '../../store/enrol-tokens/list-unused-enrol-tokens.ts'
import { mintEnrolToken } from '../../tls/enrol-token.ts'
import { ApiError } from '../api-error.ts'
import type { Api, ApiContext } from '../context.ts'
import { ENROL_TOKEN_MS, PAGE_ITEMS_MAX } from '../limits.ts'
import { optionalBody } from '../optional-body.ts'
import { answers, ListOf, Name, NameParams } from '../shapes/building-blocks.ts'
import { EnrolToken, ServerInput, WaitingServer } from '../shapes/server.ts'
import { requireGroup, type Caller } from './groups.ts'

const tags = ['groups']
const GroupFilter = Type.Object({ group: Type.Optional(Name) }, { additionalProperties: false })

/** Adding a server to a group: a token for the command that is run there. */
export function enrolTokenRoutes(api: Api, context: ApiContext): void {
  api.post(
    '/groups/:name/enrol-tokens',
    {
      schema: { tags, params: NameParams, body: ServerInput, response: answers(201, EnrolToken) },
      preValidation: optionalBody,
    },
    async (request, reply) =>
      reply.status(201).send(await addServer(context, request, request.params.name, request.body)),
  )
  api.get(
    '/enrol-tokens',
    { schema: { tags, querystring: GroupFilter, response: answers(200, ListOf(WaitingServer)) } },
    async ({ query }) => {
      const group = query.group === undefined ? null : await requireGroup(context, query.group)
      const rows = await listUnusedEnrolTokens(context.db, group?.id ?? null, PAGE_ITEMS_MAX)
      return { items: rows.map((row) => waitingServer(row, context.now())) }
    },
  )
}

async function addServer(
  context: ApiContext,
  { actor, ip: peer }: Caller,
  groupName: string,
  server: ServerInput,
): Promise<EnrolToken> {
  const { db, enrolment, now, audit } = context
  const group = await requireGroup(context, groupName)
  const { uses = 1, ...expected } = checkedServer(server)
  await refuseTakenName(context, expected.name)
  const createdAtMs = now()
  const expiresAtMs = createdAtMs + ENROL_TOKEN_MS
  const { token, tokenHash } = mintEnrolToken(enrolment.caFingerprint)
  await insertEnrolToken(db, {
    tokenHash,
    groupId: group.id,
    createdAtMs,
    expiresAtMs,
    createdBy: actor,
    usesMax: uses,
    expected,
  })
  const who = expected.name ?? expected.uuid ?? expected.ip ?? (uses > 1 ? `${uses} hosts` : 'one')
  const message = `a token was made that enrols agents of group ${group.name}: ${who}`
  const detail = { ...expected, uses }
  audit({ kind: 'token.created', actor, peer, group: group.name, message, detail })
  return {
    token,
    group: group.name,
    expiresAtMs,
    uses,
    linkAddress: enrolment.linkAddress,
    caFingerprint: enrolment.caFingerprint,
    command: enrolment.enrolCommand(token),
  }
}

/** @throws ApiError SERVER_INVALID */
function checkedServer(server: ServerInput): ServerInput {
  const { uuid, ip, name, uses = 1 } = server
  if (uses > 1 && (uuid ?? ip ?? name) !== undefined) {
    throw invalid('uses', 'a token for several hosts has no name, uuid or ip: those are of one')
  }
  if (ip !== undefined && isIP(ip) === 0) {
    throw invalid('ip', `${ip} is not an address such as 10.0.0.5`)
  }
  if (uuid === undefined) return server
  const typed = readTypedUuid(uuid)
  if (!typed.ok) throw invalid('uuid', `UUID ${uuid}: ${typed.problem}`)
  return { ...server, uuid: typed.uuid }
}

function invalid(where: string, message: string): ApiError {
  return new ApiError('SERVER_INVALID', message, { where })
}

/** Known now rather than on the host, after somebody has walked there. */
async function refuseTakenName({ db }: ApiContext, name: string | undefined): Promise<void> {
  if (name === undefined || (await findAgentByName(db, name)) === null) return
  throw new ApiError('NAME_TAKEN', `there is an agent ${name} already`, { where: name })
}

function waitingServer(row: UnusedEnrolTokenRow, nowMs: number): WaitingServer {
  const expected = row.expected as Partial<WaitingServer>
  return {
    group: row.groupName,
    status: row.expiresAtMs > nowMs ? 'NotInstalled' : 'Expired',
    name: expected.name ?? null,
    uuid: expected.uuid ?? null,
    ip: expected.ip ?? null,
    cpuCount: expected.cpuCount ?? null,
    memoryBytes: expected.memoryBytes ?? null,
    usesLeft: row.usesMax - row.uses,
    createdBy: row.createdBy,
    createdAtMs: row.createdAtMs,
    expiresAtMs: row.expiresAtMs,
  }
}
