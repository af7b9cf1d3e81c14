import { Type, type Static } from 'typebox'

import { Millis, Name } from './building-blocks.ts'

export const GroupInput = Type.Object(
  { name: Name, description: Type.Optional(Type.String({ maxLength: 200 })) },
  { additionalProperties: false },
)

export const Group = Type.Object({
  name: Name,
  description: Type.String(),
  agents: Type.Integer({ description: 'Enrolled agents, whatever their state.' }),
  agentsReady: Type.Integer({ description: 'Agents that may be given work right now.' }),
  channelsReady: Type.Integer({ description: 'Slices that those agents run at once.' }),
  createdAtMs: Millis,
})
export type Group = Static<typeof Group>

export const EnrolToken = Type.Object({
  token: Type.String({ description: 'Shown once; only its hash is stored.' }),
  group: Name,
  expiresAtMs: Millis,
  linkAddress: Type.String(),
  caFingerprint: Type.String(),
  command: Type.String({ description: 'Enrols an agent on the host where it is run.' }),
})
export type EnrolToken = Static<typeof EnrolToken>
