/** Servers that are added to a group: what was typed, and the token that makes an agent of one. */
import { Type, type Static } from 'typebox'

import { Millis, Name, Nullable } from './building-blocks.ts'

const TOKEN_USES_MAX = 1_000
const MEMORY_BYTES_MAX = 1024 ** 5

export const ServerInput = Type.Object(
  {
    name: Type.Optional(Name),
    uuid: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: "As dmidecode prints it. Another host's is refused at enrolment.",
      }),
    ),
    ip: Type.Optional(
      Type.String({ minLength: 1, maxLength: 100, description: 'One of its addresses.' }),
    ),
    cpuCount: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    memoryBytes: Type.Optional(Type.Integer({ minimum: 1, maximum: MEMORY_BYTES_MAX })),
    uses: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: TOKEN_USES_MAX,
        description: 'Hosts that may use the token; more than 1 only without name, uuid and ip.',
      }),
    ),
  },
  { additionalProperties: false },
)
export type ServerInput = Static<typeof ServerInput>

export const EnrolToken = Type.Object({
  token: Type.String({ description: 'Shown once; only its hash is stored.' }),
  group: Name,
  expiresAtMs: Millis,
  uses: Type.Integer(),
  linkAddress: Type.String(),
  caFingerprint: Type.String(),
  command: Type.String({ description: 'Enrols an agent on the host where it is run.' }),
})
export type EnrolToken = Static<typeof EnrolToken>

export const WaitingServer = Type.Object({
  group: Name,
  status: Type.Enum(['NotInstalled', 'Expired']),
  name: Nullable(Type.String()),
  uuid: Nullable(Type.String()),
  ip: Nullable(Type.String()),
  cpuCount: Nullable(Type.Integer()),
  memoryBytes: Nullable(Type.Integer()),
  usesLeft: Type.Integer({ description: 'So many hosts may still enrol with this token.' }),
  createdBy: Type.String({ description: 'Name of the API token.' }),
  createdAtMs: Millis,
  expiresAtMs: Millis,
})
export type WaitingServer = Static<typeof WaitingServer>
