import { Type, type Static } from 'typebox'

import { Labels, Millis, Name, Nullable } from './building-blocks.ts'

const GROUP_MBPS_MAX = 1_000_000
const GROUP_CHANNELS_MAX = 100_000
const GROUP_RESERVED_MAX = 1_000

const Description = Type.String({ maxLength: 200 })
const MbpsMax = Nullable(
  Type.Integer({
    minimum: 1,
    maximum: GROUP_MBPS_MAX,
    description: 'MiB/s of all its running jobs together; null: no limit.',
  }),
)
const ChannelsMax = Nullable(
  Type.Integer({
    minimum: 1,
    maximum: GROUP_CHANNELS_MAX,
    description: 'Slices in flight; null: as many as its agents take.',
  }),
)
const Reserved = Type.Array(Name, { maxItems: GROUP_RESERVED_MAX })

const CHANGEABLE = {
  kind: Type.Optional(
    Type.Enum(['custom', 'exclusive'], {
      description: 'Exclusive: reserved to the named jobs and owners. Else the lists are empty.',
    }),
  ),
  description: Type.Optional(Description),
  labels: Type.Optional(Labels),
  paused: Type.Optional(Type.Boolean({ description: 'Nothing new is handed out.' })),
  mbpsMax: Type.Optional(MbpsMax),
  channelsMax: Type.Optional(ChannelsMax),
  reservedJobs: Type.Optional(Reserved),
  reservedOwners: Type.Optional(Reserved),
} as const

export const GroupChange = Type.Object(CHANGEABLE, { additionalProperties: false })
export type GroupChange = Static<typeof GroupChange>

export const GroupInput = Type.Object(
  { name: Name, ...CHANGEABLE },
  { additionalProperties: false },
)
export type GroupInput = Static<typeof GroupInput>

export const Group = Type.Object({
  name: Name,
  kind: Type.Enum(['default', 'custom', 'exclusive']),
  status: Type.Enum(['Available', 'Busy', 'Paused', 'Unavailable', 'Empty']),
  description: Type.String(),
  labels: Labels,
  paused: Type.Boolean(),
  mbpsMax: MbpsMax,
  channelsMax: ChannelsMax,
  reservedJobs: Reserved,
  reservedOwners: Reserved,
  agents: Type.Integer({ description: 'Enrolled agents, whatever their state.' }),
  agentsReady: Type.Integer({ description: 'Agents that may be given work right now.' }),
  channelsReady: Type.Integer({ description: 'Slices that those agents run at once.' }),
  channelsFree: Type.Integer({ description: 'How many of those are free.' }),
  createdAtMs: Millis,
})
export type Group = Static<typeof Group>

export const DrainInput = Type.Object(
  {
    deadlineMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: 24 * 60 * 60 * 1_000,
        description: 'What still runs by then is given back and run elsewhere.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const GroupDrained = Type.Object({
  agents: Type.Array(Name, { description: 'Agents that drain now.' }),
})
export type GroupDrained = Static<typeof GroupDrained>
