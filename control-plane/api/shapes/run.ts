import { Type, type Static } from 'typebox'

import { RUN_REASON_CODES } from '../../run/run-port.ts'
import { RUN_PARAMS_MAX } from '../limits.ts'
import { AnyJson, Limit, Millis, Name, Nullable } from './building-blocks.ts'
import { RUN_STATES } from './run-state.ts'

export const RunState = Type.Enum([...RUN_STATES])

export const RunParams = Type.Object({ id: Type.Integer({ minimum: 1 }) })

export const RunInput = Type.Object(
  {
    job: Name,
    group: Type.Optional(Nullable(Name)),
    params: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        maxProperties: RUN_PARAMS_MAX,
        description: 'Scheduling parameters, unevaluated: {"ds": "$[yyyymmdd-1/24]"}.',
      }),
    ),
    cycTimeMs: Type.Optional(Nullable(Millis)),
    priority: Type.Optional(
      Nullable(
        Type.Integer({
          minimum: 1,
          maximum: 8,
          description: 'Larger goes first; 1 when not given.',
        }),
      ),
    ),
  },
  { additionalProperties: false },
)
export type RunInput = Static<typeof RunInput>

/** Other headers pass. */
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'A repeated request with the same key gets the first one’s answer.',
    }),
  ),
})

export const RunStarted = Type.Object({ id: Type.Integer() })

export const RunQuery = Type.Object(
  {
    job: Type.Optional(Name),
    group: Type.Optional(Name),
    state: Type.Optional(RunState),
    before: Type.Optional(Type.Integer({ description: 'Only runs with a smaller number.' })),
    limit: Limit,
  },
  { additionalProperties: false },
)

export const RunSummary = Type.Object({
  id: Type.Integer(),
  job: Name,
  jobVersion: Type.Integer(),
  group: Name,
  priority: Type.Integer(),
  owner: Type.String({ description: 'The API token that started it.' }),
  state: RunState,
  phase: Type.String(),
  params: AnyJson,
  rows: Type.Integer(),
  bytesRead: Type.Integer(),
  dirtyRecords: Type.Integer(),
  error: AnyJson,
  cycTimeMs: Millis,
  createdAtMs: Millis,
  startedAtMs: Nullable(Millis),
  finishedAtMs: Nullable(Millis),
})
export type RunSummary = Static<typeof RunSummary>

export const RunPage = Type.Object({
  items: Type.Array(RunSummary),
  nextBefore: Nullable(Type.Integer({ description: 'Give it as `before` for the next page.' })),
})
export type RunPage = Static<typeof RunPage>

export const WatchQuery = Type.Object(
  {
    logs: Type.Optional(Type.Boolean({ default: true })),
    afterLogId: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
  },
  { additionalProperties: false },
)

export const RunDetail = Type.Object({
  ...RunSummary.properties,
  step: Type.String(),
  sources: AnyJson,
  session: AnyJson,
  sessionsOpened: Type.Integer(),
  uploadId: Nullable(Type.String()),
  plan: AnyJson,
  evidence: AnyJson,
})
export type RunDetail = Static<typeof RunDetail>

export const RunProgressShape = Type.Object({
  runId: Type.Integer(),
  state: Type.String(),
  phase: Type.String(),
  slicesTotal: Type.Integer(),
  slicesStaged: Type.Integer(),
  slicesRunning: Type.Integer(),
  rows: Type.Integer(),
  rowsExpected: Type.Integer(),
  bytesRead: Type.Integer(),
  dirtyRecords: Type.Integer(),
  agents: Type.Array(Type.String()),
  startedAtMs: Nullable(Millis),
  finishedAtMs: Nullable(Millis),
  error: AnyJson,
  waitingFor: Nullable(Type.String()),
})

export const RunExplanationShape = Type.Object({
  runId: Type.Integer(),
  state: Type.String(),
  waitingFor: Nullable(Type.String()),
  reasons: Type.Array(
    Type.Object({
      code: Type.Enum([...RUN_REASON_CODES]),
      title: Type.String(),
      detail: Type.String(),
      fix: Type.String({ description: 'What to do; empty: nothing.' }),
      agents: Type.Array(Type.String(), { description: 'Names, where some are meant.' }),
    }),
    { description: 'What matters most first.' },
  ),
})
export type RunExplanationShape = Static<typeof RunExplanationShape>

export const Resolution = Type.Object(
  { outcome: Type.Enum(['committed', 'notCommitted']) },
  { additionalProperties: false },
)

export const SliceQuery = Type.Object(
  { state: Type.Optional(Type.Enum(['pending', 'assigned', 'running', 'staged', 'failed'])) },
  { additionalProperties: false },
)

export const SliceShape = Type.Object({
  sliceNo: Type.Integer(),
  state: Type.String(),
  ranges: AnyJson,
  estimatedBytes: Type.Integer(),
  attempt: Type.Integer(),
  retries: Type.Integer(),
  agent: Nullable(Type.String()),
  rows: Type.Integer(),
  bytesRead: Type.Integer(),
  bytesSent: Type.Integer(),
  dirtyRecords: Type.Integer(),
  error: AnyJson,
  startedAtMs: Nullable(Millis),
  finishedAtMs: Nullable(Millis),
})
export type SliceShape = Static<typeof SliceShape>

export const DirtyRecordShape = Type.Object({
  sliceNo: Type.Integer(),
  seq: Type.Integer(),
  topic: Type.String(),
  topicPartition: Type.Integer(),
  offset: Type.Integer(),
  column: Type.String(),
  reason: Type.String(),
  rawBase64: Type.String({ description: 'The value as it came from Kafka.' }),
  rawCut: Type.Boolean({ description: 'True: the value was longer than what is kept.' }),
})
export type DirtyRecordShape = Static<typeof DirtyRecordShape>

/** `after` is the `nextAfter` of the page before. */
export const DirtyQuery = Type.Object(
  { after: Type.Optional(Type.String({ pattern: '^\\d{1,5}-\\d{1,9}$' })), limit: Limit },
  { additionalProperties: false },
)

export const DirtyRecordPage = Type.Object({
  items: Type.Array(DirtyRecordShape),
  nextAfter: Nullable(Type.String()),
})
export type DirtyRecordPage = Static<typeof DirtyRecordPage>

export const LogLineShape = Type.Object({
  id: Type.Integer(),
  runId: Nullable(Type.Integer()),
  agent: Nullable(Type.String()),
  workId: Type.String(),
  attempt: Type.Integer(),
  atMs: Millis,
  level: Type.String(),
  message: Type.String(),
  fields: AnyJson,
})
export type LogLineShape = Static<typeof LogLineShape>

export const LogQuery = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Only lines with a greater id.' }),
    ),
    limit: Limit,
  },
  { additionalProperties: false },
)

export const LogPage = Type.Object({
  items: Type.Array(LogLineShape),
  nextAfter: Nullable(Type.Integer({ description: 'Give it as `after` for the next page.' })),
})
export type LogPage = Static<typeof LogPage>
