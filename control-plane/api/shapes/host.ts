import { Type, type Static } from 'typebox'

export const HostCheckShape = Type.Object({
  name: Type.String(),
  outcome: Type.Union([
    Type.Literal('ok'),
    Type.Literal('warn'),
    Type.Literal('fail'),
    Type.Literal('skip'),
  ]),
  detail: Type.String({ description: 'What was seen.' }),
  advice: Type.String({ description: 'What to do; empty unless it warns or fails.' }),
})
export type HostCheckShape = Static<typeof HostCheckShape>

export const DoctorAnswer = Type.Object({ checks: Type.Array(HostCheckShape) })
export type DoctorAnswer = Static<typeof DoctorAnswer>

export const LogFetchInput = Type.Object(
  { lines: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_000 })) },
  { additionalProperties: false },
)

export const FetchedLog = Type.Object({
  lines: Type.Array(Type.String(), { description: 'Oldest first, as the agent wrote them.' }),
})
export type FetchedLog = Static<typeof FetchedLog>

export const InstallerParams = Type.Object({
  arch: Type.Union([Type.Literal('x64'), Type.Literal('arm64')]),
})
