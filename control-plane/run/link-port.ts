/**
 * Where the coordinator and the agent link meet: the coordinator hands out work through `AgentLink`,
 * the link reports what agents do through `WorkEvents`. link/ implements the first, run/ the second.
 */
import type { AssignInput } from '../../proto/gen/sluice/agent/v1/Assign.ts'
import type { Progress } from '../../proto/gen/sluice/agent/v1/Progress.ts'
import type { Result } from '../../proto/gen/sluice/agent/v1/Result.ts'

export interface WorkRef {
  readonly workId: string
  /** Fencing token. */
  readonly attempt: number
}

/** An agent that may be given work: its session is reconciled, its lease holds, it does not drain. */
export interface ReadyAgent {
  readonly agentId: string
  readonly groupId: number
  readonly name: string
  /** Slices at once. Steps (plan, open, verify, complete, query) do not count against it. */
  readonly channels: number
}

/** Another process of the agent came, after the same or another start of the host. */
export interface AgentRestart {
  /** Wall clock. */
  readonly atMs: number
  readonly what: 'process' | 'host'
}

/** How the link itself is doing. */
export interface LinkFigures {
  readonly agentsReady: number
  /** Agents that wait to be let in. */
  readonly helloWaiting: number
  /** Slices that agents have accepted in the last ten seconds. */
  readonly accepted: number
  /** From the moment at which a slice has room to its stored accept; null: there was none. */
  readonly assignP50Ms: number | null
  readonly assignP99Ms: number | null
}

export interface AgentLink {
  /** Sends the work. False: the agent is not ready any more; nothing was sent. */
  assign(agentId: string, work: AssignInput & WorkRef): boolean
  /** Asks the agent to stop an attempt; its answer is a Result with code CANCELLED. */
  cancel(agentId: string, ref: WorkRef, reason: string): void
  /** Tells a running slice its new limit; 0: none. False: it cannot be told now. */
  updateSpeed(agentId: string, ref: WorkRef, bytesPerSecond: number): boolean
  readyAgents(): readonly ReadyAgent[]
  /** Of one group alone: asked at every round of hand-out. */
  readyAgentsOf?(groupId: number): readonly ReadyAgent[]
  /**
   * True when the agent is known not to hold its work any more: its lease and the grace are over, or
   * it is unknown or revoked. False while there is doubt, also right after a start of the control
   * plane. `agentLost` is called once when it becomes true; this is for those who missed that call.
   */
  isLost(agentId: string): boolean
}

export type ReconcileVerdict = 'KEEP' | 'STOP' | 'SEND_RESULT' | 'DROP_RESULT'

/** Calls for one agent come one after the other, in the order in which its frames came. */
export interface WorkEvents {
  /**
   * The agent said Hello: what it runs, and which results it still holds. Decides each. Work that the
   * store believes to be on this agent and that is in neither list is lost: it goes back to pending.
   */
  reconcile(
    agentId: string,
    inflight: readonly WorkRef[],
    spooled: readonly WorkRef[],
  ): Promise<{
    inflight: readonly ReconcileVerdict[]
    spooled: readonly ReconcileVerdict[]
  }>
  /** Reconciled: work may be assigned from now on. */
  agentReady(agent: ReadyAgent): void
  accepted(agentId: string, ref: WorkRef): Promise<void>
  /** Also called by the link when no answer came within the accept timeout. */
  rejected(agentId: string, ref: WorkRef, reason: string): Promise<void>
  progress(agentId: string, progress: Progress): void
  /** Resolves when the outcome is durable (or known to be of a fenced attempt): then it is acked. */
  result(agentId: string, result: Result): Promise<void>
  /** The body of a result too large for a control frame; comes before the Result that names it. */
  bulk(agentId: string, ref: WorkRef, bulkId: string, body: Uint8Array): void
  /** The lease is over, or the agent's process is known to be gone: its attempts are lost. */
  agentLost(agentId: string, why: string): Promise<void>
}
