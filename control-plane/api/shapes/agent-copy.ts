import { Type, type Static } from 'typebox'

import { AnyJson, Millis, Name, Nullable } from './building-blocks.ts'

const Decision = Type.Enum(['new', 'same'])

export const AgentCopy = Type.Object({
  id: Type.Integer(),
  agent: Type.String({ description: 'Whose copy it is.' }),
  verdict: Type.Enum(['clone', 'snapshot'], {
    description: 'clone: it runs beside the agent, or on another host; snapshot: older state.',
  }),
  generation: Type.Integer(),
  facts: AnyJson,
  peer: Type.String(),
  firstSeenMs: Millis,
  lastSeenMs: Millis,
  decision: Nullable(Decision),
})
export type AgentCopy = Static<typeof AgentCopy>

export const CopyFilter = Type.Object(
  { agent: Type.Optional(Name) },
  { additionalProperties: false },
)

export const CopyDecision = Type.Object(
  {
    as: Type.Enum(['new', 'same'], {
      description: 'new: an agent of its own; same: it is the agent, and goes on from its state.',
    }),
  },
  { additionalProperties: false },
)
