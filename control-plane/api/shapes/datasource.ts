import { Type, type Static } from 'typebox'

import { AnyJson, Millis, ProblemShape } from './building-blocks.ts'

export const DatasourceName = Type.String({
  pattern: '^[A-Za-z]\\w{0,127}$',
  description: 'A letter, then letters, digits and underscores; at most 128 characters.',
})

export const DatasourceParams = Type.Object({ name: DatasourceName })

export const DatasourceInput = Type.Object(
  {
    type: Type.Enum(['kafka', 'odps']),
    description: Type.Optional(Type.String()),
    properties: Type.Record(Type.String(), AnyJson, {
      description: "DataWorks' names, secrets among them: {address, securityProtocol, ...}.",
    }),
    keepSecrets: Type.Optional(
      Type.Boolean({ description: 'Secrets that the properties leave out stay as they are.' }),
    ),
  },
  { additionalProperties: false },
)

export type DatasourceInput = Static<typeof DatasourceInput>

export const DatasourceApplied = Type.Object({
  name: DatasourceName,
  version: Type.Integer(),
  notes: Type.Array(ProblemShape),
})
export type DatasourceApplied = Static<typeof DatasourceApplied>

export const Datasource = Type.Object({
  name: DatasourceName,
  type: Type.Enum(['kafka', 'odps']),
  description: Type.String(),
  properties: AnyJson,
  version: Type.Integer(),
  updatedAtMs: Millis,
})
export type Datasource = Static<typeof Datasource>
