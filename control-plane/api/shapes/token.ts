import { Type, type Static } from 'typebox'

import { Millis, Name } from './building-blocks.ts'

export const TokenInput = Type.Object({ name: Name }, { additionalProperties: false })

export const Token = Type.Object({ name: Name, createdAtMs: Millis })
export type Token = Static<typeof Token>

export const NewToken = Type.Object({
  name: Name,
  token: Type.String({ description: 'Shown once; only its hash is stored.' }),
  createdAtMs: Millis,
})
export type NewToken = Static<typeof NewToken>
