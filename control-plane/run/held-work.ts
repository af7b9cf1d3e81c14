import type { ActiveRun } from './active-run.ts'
import type { WorkRef } from './link-port.ts'
import { stepOf } from './run-state.ts'
import { sliceWorkId, stepWorkId } from './work-id.ts'

export interface HeldWork extends WorkRef {
  readonly agentId: string
  /** null: a step. */
  readonly sliceNo: number | null
}

/** Everything that agents hold of a run. */
export function heldWork(run: ActiveRun): HeldWork[] {
  const held: HeldWork[] = []
  const step = stepOf(run.state)
  if (step !== null && step.holder.name !== 'pending') {
    const workId = stepWorkId(run.id, step.kind)
    held.push({ workId, attempt: step.attempt, agentId: step.holder.agentId, sliceNo: null })
  }
  for (const [sliceNo, { state }] of run.slices.entries()) {
    if (state.name !== 'assigned' && state.name !== 'running') continue
    const workId = sliceWorkId(run.id, sliceNo)
    held.push({ workId, attempt: state.attempt, agentId: state.agentId, sliceNo })
  }
  return held
}
