import { Type, type Static } from 'typebox'

import { Limit, Millis, Name, Nullable } from './building-blocks.ts'
import { DatasourceName } from './datasource.ts'

const StageOutcome = Type.Enum(['passed', 'failed', 'skipped'])

const Stage = Type.Object({
  name: Type.String({
    description:
      'Kafka: dns tcp tls authentication metadata topic read. MaxCompute: dns tcp tls endpoint credentials project table tunnel session.',
  }),
  outcome: StageOutcome,
  milliseconds: Type.Integer(),
  detail: Type.String({ description: 'What was seen.' }),
  advice: Type.String({ description: 'What to do; of a failed stage.' }),
})

const Verdict = Type.Enum(['Connectable', 'ConfigError', 'Unreachable', 'Unsupported'])

export const ConnectivityTestInput = Type.Object(
  {
    group: Type.Optional(Name),
    agent: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    topic: Type.Optional(Type.String({ maxLength: 249 })),
    table: Type.Optional(Type.String({ maxLength: 128 })),
    partition: Type.Optional(
      Type.String({ maxLength: 1000, description: 'name=value,name=value' }),
    ),
  },
  {
    additionalProperties: false,
    description:
      'Neither group nor agent: all agents of the groups whose jobs name the data source.',
  },
)
export type ConnectivityTestInput = Static<typeof ConnectivityTestInput>

export const ConnectivityTestAnswer = Type.Object({
  agent: Name,
  group: Name,
  verdict: Nullable(Verdict),
  message: Type.String({
    description:
      'Cause and what to do; empty when connectable. No verdict: why nothing was tested.',
  }),
  failedStage: Nullable(Type.String()),
  stages: Type.Array(Stage),
  milliseconds: Type.Integer(),
})
export type ConnectivityTestAnswer = Static<typeof ConnectivityTestAnswer>

export const ConnectivityFilterQuery = Type.Object(
  { group: Type.Optional(Name), datasource: Type.Optional(DatasourceName) },
  { additionalProperties: false },
)

export const ConnectivityHistoryQuery = Type.Object(
  {
    agent: Type.String({ minLength: 1, maxLength: 128 }),
    datasource: DatasourceName,
    before: Type.Optional(Type.Integer({ minimum: 1, description: 'Of the last page.' })),
    limit: Limit,
  },
  { additionalProperties: false },
)

export const ConnectivityResult = Type.Object({
  id: Type.Integer(),
  agent: Name,
  group: Name,
  datasource: DatasourceName,
  datasourceVersion: Type.Integer(),
  reason: Type.Enum(['demand', 'schedule', 'agent-online', 'datasource-changed', 'run']),
  verdict: Verdict,
  message: Type.String(),
  failedStage: Nullable(Type.String()),
  stages: Type.Array(Stage),
  milliseconds: Type.Integer(),
  testedAtMs: Millis,
  stale: Type.Boolean({
    description: 'The data source was changed since, or the agent has other addresses now.',
  }),
})
export type ConnectivityResult = Static<typeof ConnectivityResult>

export const ConnectivityHistory = Type.Object({
  items: Type.Array(ConnectivityResult),
  nextBefore: Nullable(Type.Integer()),
})
export type ConnectivityHistory = Static<typeof ConnectivityHistory>
