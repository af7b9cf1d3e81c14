import { Type, type Static } from 'typebox'

import { Limit, Millis, Name, Nullable } from './building-blocks.ts'

const HOUR_MS = 60 * 60_000

function Duration(minimum: number, maximum: number, byDefault: number, description: string) {
  const range = { minimum, maximum, default: byDefault }
  return Type.Optional(Type.Integer({ ...range, description }))
}

export const UpgradeInput = Type.Object(
  {
    version: Type.Optional(
      Type.String({ maxLength: 100, description: 'Of a bundle; left out: of the newest one.' }),
    ),
    window: Type.Optional(
      Type.String({
        maxLength: 100,
        description: 'DAYS HH:MM-HH:MM ZONE, such as mon-fri 02:00-05:00 Asia/Shanghai.',
      }),
    ),
    drainMs: Duration(0, 24 * HOUR_MS, 600_000, 'Running work may take so long.'),
    soakMs: Duration(
      1_000,
      24 * HOUR_MS,
      30_000,
      'An agent is watched for so long before the next.',
    ),
    healthMs: Duration(
      5_000,
      HOUR_MS,
      120_000,
      'The new version must be connected within this, while the control plane answers.',
    ),
    allowDowngrade: Type.Optional(Type.Boolean({ default: false })),
  },
  { additionalProperties: false },
)
export type UpgradeInput = Static<typeof UpgradeInput>

const UpgradeStateName = Type.Enum(['waiting', 'running', 'halted', 'done', 'cancelled'])

export const UpgradeTurn = Type.Object({
  agent: Name,
  turn: Nullable(Type.Integer({ description: '0 is the canary; null: not begun.' })),
  state: Type.Enum(['pending', 'underway', 'done', 'rolledBack', 'refused', 'lost', 'skipped']),
  phase: Type.Enum(['', 'FETCHING', 'DRAINING', 'RESTARTING']),
  fromVersion: Type.String(),
  message: Type.String(),
  changedAtMs: Millis,
})
export type UpgradeTurn = Static<typeof UpgradeTurn>

export const UpgradeSummary = Type.Object({
  id: Type.Integer(),
  group: Name,
  version: Type.String(),
  state: UpgradeStateName,
  window: Nullable(Type.String()),
  drainMs: Type.Integer(),
  soakMs: Type.Integer(),
  healthMs: Type.Integer(),
  message: Type.String(),
  createdBy: Type.String(),
  createdAtMs: Millis,
  finishedAtMs: Nullable(Millis),
})
export type UpgradeSummary = Static<typeof UpgradeSummary>

export const UpgradeDetail = Type.Object({
  ...UpgradeSummary.properties,
  agents: Type.Array(UpgradeTurn),
})
export type UpgradeDetail = Static<typeof UpgradeDetail>

export const UpgradeQuery = Type.Object(
  { group: Type.Optional(Name), limit: Limit },
  { additionalProperties: false },
)

export const UpgradeParams = Type.Object({ id: Type.Integer({ minimum: 1 }) })

export const UpgradeResume = Type.Object(
  {
    failed: Type.Enum(['retry', 'skip'], {
      description: 'Agents that failed are tried again, or left out.',
    }),
  },
  { additionalProperties: false },
)

export const AgentBundle = Type.Object({
  version: Type.String(),
  os: Type.String(),
  arch: Type.String(),
  bytes: Type.Integer(),
  sha256: Type.String(),
  builtAt: Type.String(),
})
export type AgentBundle = Static<typeof AgentBundle>
