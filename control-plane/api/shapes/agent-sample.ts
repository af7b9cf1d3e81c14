import { Type, type Static } from 'typebox'

/** Samples are kept for two days, one a minute. */
export const SAMPLES_MAX = 48 * 60

export const SampleQuery = Type.Object(
  {
    from: Type.Optional(
      Type.Integer({ description: 'Milliseconds; an hour before `to` when absent.' }),
    ),
    to: Type.Optional(
      Type.Integer({ description: 'Milliseconds; now when absent. Not included.' }),
    ),
  },
  { additionalProperties: false },
)

const bytes = (description: string) => Type.Integer({ description })

export const AgentSampleShape = Type.Object({
  atMs: Type.Integer({ description: 'Start of the minute.' }),
  beats: Type.Integer({ description: 'Heartbeats in the minute: 12 when none was missing.' }),
  cpuPercent: Type.Number({ description: 'Mean; of all cores.' }),
  cpuPercentMax: Type.Number(),
  memoryUsedBytes: bytes('Mean.'),
  memoryTotalBytes: bytes('Mean.'),
  processRssBytes: bytes("Mean; of the agent's own process."),
  load1: Type.Number({ description: 'Mean.' }),
  diskFreeBytes: bytes("Mean; of the file system that holds the agent's state."),
  networkReceivedBytes: bytes('Mean of a second.'),
  networkSentBytes: bytes('Mean of a second.'),
  clockOffsetMs: Type.Integer({
    description: "Mean; the host's clock less the control plane's.",
  }),
  roundTripMsMax: Type.Integer({ description: 'The slowest heartbeat, there and back.' }),
  channels: Type.Integer(),
  busyChannelsMax: Type.Integer(),
})
export type AgentSampleShape = Static<typeof AgentSampleShape>
