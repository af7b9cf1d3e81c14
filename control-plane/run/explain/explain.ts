/**
 * Why a run waits, or what holds it back: ranked reasons, the one that matters most first. Pure, over a
 * snapshot. What blocks (nothing moves because of it) stands before what only slows down.
 */
import type { RunExplanation, RunReason } from '../run-port.ts'
import { withoutAgents } from './agent-reasons.ts'
import { channels } from './channel-reasons.ts'
import { unreachable } from './connectivity-reasons.ts'
import { concurrent, limited, paused } from './limit-reasons.ts'
import type { Ranked } from './ranked.ts'
import { ending, failedBefore, moving, olderRun, refused } from './run-reasons.ts'
import type { ExplainSnapshot } from './snapshot.ts'

export function explain(at: ExplainSnapshot): RunExplanation {
  const ended = ending(at)
  const reasons = ended === null ? [...blocking(at), ...slowing(at)] : [ended]
  const first = reasons.find((reason) => reason.blocks)
  return {
    runId: at.runId,
    state: at.state.name,
    waitingFor: first?.detail ?? null,
    reasons: reasons.map(withoutRank),
  }
}

function withoutRank({ code, title, detail, fix, agents }: Ranked): RunReason {
  return { code, title, detail, fix, ...(agents === undefined ? {} : { agents }) }
}

/** Of a run of which nothing is in flight, why; and what failed or was refused last in any case. */
function blocking(at: ExplainSnapshot): Ranked[] {
  const found: (Ranked | null)[] = []
  // An agent without disk space is offered nothing until its next beat: it looks as if nobody were there.
  const isWithoutDisk = at.refusal?.kind === 'NO_DISK'
  if (isWithoutDisk) found.push(refused(at))
  if (at.inFlight === 0 && at.wants !== null) {
    found.push(olderRun(at), paused(at), ...withoutAgents(at), ...unreachable(at))
  }
  if (!isWithoutDisk) found.push(refused(at))
  if (at.inFlight === 0 && at.wants !== null) found.push(...channels(at, true))
  found.push(failedBefore(at))
  return found.filter((reason) => reason !== null)
}

/** What keeps a run that moves from moving faster. */
function slowing(at: ExplainSnapshot): Ranked[] {
  const found: (Ranked | null)[] = []
  if (at.inFlight > 0 && at.wants === 'slices') {
    if (at.inFlight >= at.concurrent) found.push(concurrent(at))
    else {
      found.push(paused(at), ...unreachable(at), ...channels(at, false))
    }
  }
  found.push(limited(at))
  const isMoving = at.inFlight > 0 && !found.some((reason) => reason !== null)
  if (isMoving) found.push(moving(at))
  return found.filter((reason) => reason !== null).map((reason) => ({ ...reason, blocks: false }))
}
