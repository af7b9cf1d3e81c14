/** The run itself: it is over or held, goes on, or what was tried last of it failed or was refused. */
import type { Ranked } from './ranked.ts'
import type { ExplainSnapshot } from './snapshot.ts'

export function ending({ state, runId }: ExplainSnapshot): Ranked | null {
  switch (state.name) {
    case 'held':
      return {
        code: 'HELD',
        title: 'a person has to decide',
        detail: 'whether the rows of this run are in the table is not known',
        fix: `look into the table, then say which with "sluice run resolve ${runId}"`,
        blocks: false,
      }
    case 'failed':
      return over('the run has failed', `${state.error.code}: ${state.error.message}`)
    case 'killed':
      return over('the run was killed', 'nothing of it was written')
    case 'succeeded':
      return state.step === null ? over('the run has succeeded', 'it waits for nothing') : null
    default:
      return null
  }
}

function over(title: string, detail: string): Ranked {
  return { code: 'OVER', title, detail, fix: '', blocks: false }
}

export function olderRun({ olderRunId, wants }: ExplainSnapshot): Ranked | null {
  if (olderRunId === null || wants !== 'plan') return null
  return {
    code: 'OLDER_RUN',
    title: 'the last run of the job is not quite over',
    detail: `run ${olderRunId} has to publish its offsets first`,
    fix: `see what it waits for: sluice run explain ${olderRunId}`,
    blocks: true,
  }
}

export function refused({ refusal }: ExplainSnapshot): Ranked | null {
  if (refusal === null) return null
  const { agentName, kind, reason } = refusal
  return {
    code: 'REFUSED',
    title: kind === 'NO_DISK' ? 'an agent has no disk space' : 'an agent takes no work',
    detail: `agent ${agentName} takes no work: ${reason}`,
    fix:
      kind === 'NO_DISK'
        ? `free disk space on the host of ${agentName}`
        : 'nothing: it is offered again at once, to other agents too',
    agents: [agentName],
    blocks: true,
  }
}

export function failedBefore({ lastFailure, retryAtMs, nowMs }: ExplainSnapshot): Ranked | null {
  if (lastFailure === null) return null
  const { workId, attempt, code, message } = lastFailure
  const waitMs = (retryAtMs ?? 0) - nowMs
  const when = waitMs > 0 ? ` (in ${Math.ceil(waitMs / 1000)} s)` : ''
  return {
    code: 'BACKOFF',
    title: 'what failed is tried again',
    detail: `${workId} is tried again after attempt ${attempt} failed: ${code}: ${message}${when}`,
    fix: `docs/errors.md says what to do about ${code}`,
    blocks: true,
  }
}

export function moving({ inFlight }: ExplainSnapshot): Ranked {
  return {
    code: 'MOVING',
    title: 'the run is moving',
    detail: `agents work on ${inFlight} ${inFlight === 1 ? 'piece' : 'pieces'} of it`,
    fix: '',
    blocks: false,
  }
}
