import { Type, type Static } from 'typebox'

import { Millis, Name, Nullable, ProblemShape } from './building-blocks.ts'

export const JobInput = Type.Object(
  {
    group: Type.Optional(Nullable(Name)),
    text: Type.String({ description: 'The job JSON as its author wrote it.' }),
  },
  { additionalProperties: false },
)

export const JobApplied = Type.Object({
  name: Name,
  version: Type.Integer(),
  changed: Type.Boolean({ description: 'False: the same text and group were applied before.' }),
  notes: Type.Array(ProblemShape),
})
export type JobApplied = Static<typeof JobApplied>

export const LastRun = Type.Object({
  id: Type.Integer(),
  state: Type.String(),
  createdAtMs: Millis,
  finishedAtMs: Nullable(Millis),
})

export const JobVersionQuery = Type.Object(
  {
    version: Type.Optional(Type.Integer({ minimum: 1, description: 'Default: the current one.' })),
  },
  { additionalProperties: false },
)

export const JobSummary = Type.Object({
  name: Name,
  version: Type.Integer(),
  group: Nullable(Name),
  datasources: Type.Array(Type.String()),
  createdAtMs: Millis,
  updatedAtMs: Millis,
  lastRun: Nullable(LastRun),
})
export type JobSummary = Static<typeof JobSummary>

export const JobDetail = Type.Object({
  name: Name,
  version: Type.Integer(),
  currentVersion: Type.Integer(),
  group: Nullable(Name),
  datasources: Type.Array(Type.String()),
  text: Type.String({ description: 'Secret values are blanked.' }),
  createdAtMs: Millis,
  updatedAtMs: Millis,
})
export type JobDetail = Static<typeof JobDetail>
