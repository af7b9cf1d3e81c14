import { Type, type Static } from 'typebox'

import { AUDIT_KINDS } from '../../audit/audit.ts'
import { AnyJson, Limit, Millis, Name, Nullable } from './building-blocks.ts'

export const AuditQuery = Type.Object(
  {
    kind: Type.Optional(Type.Enum([...AUDIT_KINDS])),
    agent: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description: 'Its name, or its id, also of an agent that was deleted since.',
      }),
    ),
    group: Type.Optional(Name),
    sinceMs: Type.Optional(Millis),
    before: Type.Optional(Type.Integer({ description: 'Only events with a smaller id.' })),
    limit: Limit,
  },
  { additionalProperties: false },
)
export type AuditQuery = Static<typeof AuditQuery>

const AuditEventShape = Type.Object({
  id: Type.Integer(),
  atMs: Millis,
  kind: Type.String(),
  actor: Type.String({ description: 'Name of an API token, or `agent`, or `control plane`.' }),
  agent: Nullable(Type.String({ description: 'Its name, or its id when it was deleted.' })),
  group: Nullable(Type.String()),
  peer: Nullable(Type.String({ description: 'Address that called.' })),
  message: Type.String(),
  detail: AnyJson,
})
export type AuditEventShape = Static<typeof AuditEventShape>

export const AuditPageShape = Type.Object({
  items: Type.Array(AuditEventShape),
  nextBefore: Nullable(Type.Integer({ description: 'Null: there are no older ones.' })),
})
export type AuditPageShape = Static<typeof AuditPageShape>
