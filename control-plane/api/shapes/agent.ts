import { Type, type Static } from 'typebox'

import { AnyJson, Millis, Name, Nullable } from './building-blocks.ts'

export const AgentState = Type.Enum([
  'enrolled',
  'online',
  'suspect',
  'offline',
  'draining',
  'drained',
  'quarantined',
  'revoked',
])
export type AgentState = Static<typeof AgentState>

export const Agent = Type.Object({
  id: Type.String(),
  name: Name,
  group: Name,
  state: AgentState,
  ready: Type.Boolean({ description: 'May be given work right now.' }),
  channels: Type.Integer({ description: 'Slices at once.' }),
  facts: AnyJson,
  heartbeat: AnyJson,
  heartbeatAtMs: Nullable(Millis),
  leaseUntilMs: Millis,
  createdAtMs: Millis,
})
export type Agent = Static<typeof Agent>

export const AgentRename = Type.Object({ name: Name }, { additionalProperties: false })
