import { Type, type Static } from 'typebox'

import { AnyJson, Labels, Millis, Name, Nullable } from './building-blocks.ts'

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

export const AgentStatus = Type.Enum([
  'Available',
  'Busy',
  'Unreachable',
  'Restarted',
  'Upgrading',
  'Stopped',
  'Draining',
  'Drained',
  'Quarantined',
  'Revoked',
  'NotInstalled',
])
export type AgentStatus = Static<typeof AgentStatus>

const Weight = Type.Integer({
  minimum: 0,
  maximum: 100,
  description: 'Share of the slices among the agents of its group; 0: it takes none.',
})

export const Agent = Type.Object({
  id: Type.String(),
  name: Name,
  group: Name,
  state: AgentState,
  status: AgentStatus,
  ready: Type.Boolean({ description: 'May be given work right now.' }),
  restart: Nullable(
    Type.Object(
      { atMs: Millis, what: Type.Enum(['process', 'host']) },
      { description: 'The last one since the control plane started; null: none.' },
    ),
  ),
  drainUntilMs: Nullable(
    Type.Integer({ description: 'What still runs then is given back; null: it does not drain.' }),
  ),
  channels: Type.Integer({ description: 'Slices at once.' }),
  channelsFree: Type.Integer({ description: 'Of those, as long as it is ready.' }),
  weight: Weight,
  labels: Labels,
  notices: Type.Array(Type.String(), {
    description: 'What the host reports otherwise than it was registered.',
  }),
  facts: AnyJson,
  heartbeat: AnyJson,
  heartbeatAtMs: Nullable(Millis),
  leaseUntilMs: Millis,
  createdAtMs: Millis,
})
export type Agent = Static<typeof Agent>

export const AgentChange = Type.Object(
  {
    name: Type.Optional(Name),
    weight: Type.Optional(Weight),
    labels: Type.Optional(Labels),
    group: Type.Optional(
      Type.String({
        ...Name,
        description: 'Only while the agent has no work: drained or offline.',
      }),
    ),
  },
  { additionalProperties: false },
)
export type AgentChange = Static<typeof AgentChange>
