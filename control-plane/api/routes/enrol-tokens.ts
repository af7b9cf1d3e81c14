import { insertEnrolToken } from '../../store/enrol-tokens/insert-enrol-token.ts'
import { mintEnrolToken } from '../../tls/enrol-token.ts'
import type { Api, ApiContext } from '../context.ts'
import { ENROL_TOKEN_MS } from '../limits.ts'
import { answers, NameParams } from '../shapes/building-blocks.ts'
import { EnrolToken } from '../shapes/group.ts'
import { requireGroup, type Caller } from './groups.ts'

const tags = ['groups']

/** Adding a server to a group: a token for the command that is run there. */
export function enrolTokenRoutes(api: Api, context: ApiContext): void {
  api.post(
    '/groups/:name/enrol-tokens',
    { schema: { tags, params: NameParams, response: answers(201, EnrolToken) } },
    async (request, reply) =>
      reply.status(201).send(await newEnrolToken(context, request, request.params.name)),
  )
}

async function newEnrolToken(
  context: ApiContext,
  { actor, ip: peer }: Caller,
  groupName: string,
): Promise<EnrolToken> {
  const { db, enrolment, now, audit } = context
  const group = await requireGroup(context, groupName)
  const createdAtMs = now()
  const expiresAtMs = createdAtMs + ENROL_TOKEN_MS
  const { token, tokenHash } = mintEnrolToken(enrolment.caFingerprint)
  await insertEnrolToken(db, { tokenHash, groupId: group.id, createdAtMs, expiresAtMs })
  const message = `a token was made that enrols an agent of group ${group.name}`
  audit({ kind: 'token.created', actor, peer, group: group.name, message })
  return {
    token,
    group: group.name,
    expiresAtMs,
    linkAddress: enrolment.linkAddress,
    caFingerprint: enrolment.caFingerprint,
    command: enrolment.enrolCommand(token),
  }
}
