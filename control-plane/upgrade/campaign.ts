/** One upgrade of a group's agents, as it is stored and as the scheduler sees it. */
import type { TimeWindow } from './time-window.ts'

export type CampaignState = 'waiting' | 'running' | 'halted' | 'done' | 'cancelled'

/**
 * `pending` and `underway` are open, the others are final; of these `rolledBack`, `refused` and `lost`
 * halt the campaign, until someone resumes it.
 */
export type TurnState =
  | 'pending'
  | 'underway'
  | 'done'
  | 'rolledBack'
  | 'refused'
  | 'lost'
  | 'skipped'

/** Of an agent that is under way: what it said last; empty: nothing yet. */
export type TurnPhase = '' | 'FETCHING' | 'DRAINING' | 'RESTARTING'

/** Of an agent that is under way; `id`: of the campaign. */
export interface Underway {
  readonly id: number
  readonly version: string
  readonly phase: TurnPhase
}

/** While it fetches, an agent still works. */
export function takesNoWork({ phase }: Underway): boolean {
  return phase === 'DRAINING' || phase === 'RESTARTING'
}

/** One agent's part. */
export interface Turn {
  readonly agentId: string
  readonly agent: string
  /** What the agent knows this order by: a retry has another. */
  readonly orderId: number
  /** null: not begun; 0: the canary. */
  readonly turn: number | null
  readonly state: TurnState
  readonly phase: TurnPhase
  readonly fromVersion: string
  readonly message: string
  readonly changedAtMs: number
}

export interface Campaign {
  readonly id: number
  readonly groupId: number
  readonly group: string
  readonly version: string
  readonly state: CampaignState
  /** Running work may take so long before an agent restarts. */
  readonly drainMs: number
  /** An upgraded agent must have been healthy for so long before the next one's turn. */
  readonly soakMs: number
  /** The new version must be connected within this. */
  readonly healthMs: number
  /** null: at any time. */
  readonly window: TimeWindow | null
  readonly message: string
  readonly createdBy: string
  readonly createdAtMs: number
  readonly finishedAtMs: number | null
  readonly turns: readonly Turn[]
}

export function isFailed(state: TurnState): boolean {
  return state === 'rolledBack' || state === 'refused' || state === 'lost'
}
