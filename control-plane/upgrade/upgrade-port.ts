/**
 * Where upgrades meet the rest of the control plane: the link carries orders and answers, the API
 * asks for campaigns.
 */
import type { UpgradeInput } from '../../proto/gen/sluice/agent/v1/Upgrade.ts'
import type { UpgradeState } from '../../proto/gen/sluice/agent/v1/UpgradeState.ts'
import type { Bundle } from './bundle-library.ts'
import type { Underway } from './campaign.ts'
import type { AgentHealth } from './scheduler.ts'

/** What upgrades ask of the link. */
export interface UpgradeLink {
  /** null: there is no such agent, or it is revoked. */
  agentHealth(agentId: string): AgentHealth | null
  /** False: the agent is not connected, or does not read; nothing was sent. */
  sendUpgrade(agentId: string, order: UpgradeInput): boolean
}

/** What the link tells upgrades. */
export interface UpgradeEvents {
  /** An agent's answer to an order; may come again and again. */
  reported(agentId: string, state: UpgradeState): void
  /** The bundle with this hash; null: there is none. */
  bundle(sha256: string): Promise<Bundle | null>
}

/** Where there are no upgrades: tests of other things. */
export const NO_UPGRADES: UpgradeEvents = {
  reported: () => {},
  bundle: async () => null,
}

export interface UpgradeRequest {
  readonly groupId: number
  readonly group: string
  /** One agent of the group; null: all of them. */
  readonly agentId: string | null
  /** null: the newest bundle. */
  readonly version: string | null
  /** As people write it; null: at any time. */
  readonly window: string | null
  readonly drainMs: number
  readonly soakMs: number
  readonly healthMs: number
  readonly allowDowngrade: boolean
  /** Name of the API token. */
  readonly actor: string
}

export type UpgradeRefusalCode =
  | 'INVALID_REQUEST'
  | 'BUNDLE_NOT_FOUND'
  | 'UPGRADE_NOT_FOUND'
  | 'UPGRADE_UNFINISHED'
  | 'STATE_CONFLICT'

export type UpgradeAnswer =
  | { readonly ok: true; readonly id: number }
  | { readonly ok: false; readonly code: UpgradeRefusalCode; readonly message: string }

/** What the API asks for. */
export interface UpgradeControl {
  bundles(): Promise<readonly Bundle[]>
  start(request: UpgradeRequest): Promise<UpgradeAnswer>
  /** Of a halted one: agents that failed are tried again, or left out. */
  resume(id: number, failed: 'retry' | 'skip', actor: string): Promise<UpgradeAnswer>
  /** No other agent's turn begins; one that has begun goes on by itself. */
  cancel(id: number, actor: string): Promise<UpgradeAnswer>
  /** null: the agent is not being upgraded. By memory alone. */
  upgrading(agentId: string): Underway | null
}
