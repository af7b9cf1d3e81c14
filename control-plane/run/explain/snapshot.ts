/** What explain.ts judges by: one moment of a run, of its group and of the agents in it. */
import type { GateVerdict } from '../connectivity-port.ts'
import type { GroupPolicy } from '../group-policies.ts'
import type { RunState, StepKind } from '../run-state.ts'
import type { WorkFailure } from '../work-failure.ts'

export interface ExplainAgent {
  readonly name: string
  /** As stored: online, offline, draining, quarantined, ... */
  readonly state: string
  /** May be given work now. */
  readonly isReady: boolean
  readonly channels: number
  readonly slices: number
  /** All places for steps are taken. */
  readonly isFullOfSteps: boolean
  readonly weight: number
  readonly heartbeatAtMs: number | null
  readonly gate: GateVerdict
  /** It takes no work, because it restarts into another version. */
  readonly upgrade: { readonly id: number; readonly version: string } | null
}

export interface OtherRun {
  readonly id: number
  readonly jobName: string
  readonly priority: number
  readonly slices: number
}

export interface ExplainSnapshot {
  readonly nowMs: number
  readonly runId: number
  readonly jobName: string
  readonly groupName: string
  readonly priority: number
  readonly state: RunState
  /** What has to be handed out next; null: nothing has (all is staged, or in flight). */
  readonly wants: StepKind | 'slices' | null
  /** What agents hold of the run. */
  readonly inFlight: number
  readonly concurrent: number
  readonly group: GroupPolicy | null
  readonly isPaused: boolean
  readonly slicesInGroup: number
  /** All of the group. */
  readonly agents: readonly ExplainAgent[]
  /** Runs of the group that have slices in flight. */
  readonly others: readonly OtherRun[]
  readonly olderRunId: number | null
  readonly refusal: {
    readonly agentName: string
    readonly kind: string
    readonly reason: string
  } | null
  readonly lastFailure: WorkFailure | null
  /** When what failed is tried again; null: it is not waiting. */
  readonly retryAtMs: number | null
  /** Bytes a second that the run may move now; null: no limit. */
  readonly speed: number | null
}

/** An agent of weight 0 takes steps, and no slices. */
export function mayDo(agent: ExplainAgent, wants: ExplainSnapshot['wants']): boolean {
  return wants !== 'slices' || agent.weight > 0
}
