/**
 * Why a run waits, or what holds it back: ranked reasons, the one that matters most first. Pure, over a
 * snapshot. What blocks (nothing moves because of it) stands before what only slows down.
 */
import type { GateVerdict } from './connectivity-port.ts'
import type { GroupPolicy } from './group-policies.ts'
import type { RunExplanation, RunReason } from './run-port.ts'
import type { RunState, StepKind } from './run-state.ts'
import type { WorkFailure } from './work-failure.ts'

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

interface Ranked extends RunReason {
  readonly blocks: boolean
}

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

function ending({ state, runId }: ExplainSnapshot): Ranked | null {
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

function olderRun({ olderRunId, wants }: ExplainSnapshot): Ranked | null {
  if (olderRunId === null || wants !== 'plan') return null
  return {
    code: 'OLDER_RUN',
    title: 'the last run of the job is not quite over',
    detail: `run ${olderRunId} has to publish its offsets first`,
    fix: `see what it waits for: sluice run explain ${olderRunId}`,
    blocks: true,
  }
}

function paused({ isPaused, groupName }: ExplainSnapshot): Ranked | null {
  if (!isPaused) return null
  return {
    code: 'GROUP_PAUSED',
    title: 'the resource group is paused',
    detail: `resource group ${groupName} is paused: nothing new is handed out`,
    fix: `sluice group resume ${groupName}`,
    blocks: true,
  }
}

function withoutAgents(at: ExplainSnapshot): Ranked[] {
  const { agents, groupName, nowMs } = at
  if (agents.length === 0) {
    const detail = `resource group ${groupName} has no agent`
    const fix = `install one: sluice group token ${groupName} gives the command; or name another group`
    return [{ code: 'NO_AGENT', title: 'the group has no agent', detail, fix, blocks: true }]
  }
  const usable = agents.filter((agent) => agent.isReady && mayDo(agent, at.wants))
  if (usable.length > 0) return []
  const away = agents.filter((agent) => !agent.isReady)
  const reasons: Ranked[] = NOT_READY.flatMap(({ states, ...say }) => {
    const some = away.filter((agent) => states.includes(agent.state))
    if (some.length === 0) return []
    const whose =
      some.length === agents.length
        ? `all ${some.length} agents`
        : `${some.length} of ${agents.length} agents`
    const since = some
      .slice(0, NAMES_SHOWN_MAX)
      .map((agent) => `${agent.name}${silence(agent, nowMs)}`)
    const detail = `${whose} of resource group ${groupName} ${say.what}: ${listed(since, some.length)}`
    return [
      { code: say.code, title: say.title, detail, fix: say.fix, agents: names(some), blocks: true },
    ]
  })
  const unweighted = agents.filter((agent) => agent.isReady && agent.weight === 0)
  if (unweighted.length > 0 && at.wants === 'slices') {
    const detail = `the agents of resource group ${groupName} that are online have weight 0, which takes no slices: ${listed(names(unweighted), unweighted.length)}`
    const fix = `sluice agent update ${unweighted[0]!.name} --weight 1`
    const title = 'the agents have weight 0'
    reasons.push({
      code: 'WEIGHT_ZERO',
      title,
      detail,
      fix,
      agents: names(unweighted),
      blocks: true,
    })
  }
  return reasons
}

interface NotReady {
  readonly code: RunReason['code']
  readonly states: readonly string[]
  readonly title: string
  readonly what: string
  readonly fix: string
}

/** By stored state, the most telling first. */
const NOT_READY: readonly NotReady[] = [
  {
    code: 'AGENTS_QUARANTINED',
    states: ['quarantined'],
    title: 'agents are in quarantine',
    what: 'are in quarantine, because a copy of them was seen',
    fix: 'look at the agent and its copy, and decide which of them it is',
  },
  {
    code: 'AGENTS_DRAINING',
    states: ['draining', 'drained'],
    title: 'agents are drained',
    what: 'are drained and take nothing new',
    fix: 'take the drain back: sluice agent resume <agent>',
  },
  {
    code: 'AGENTS_OFFLINE',
    states: ['offline', 'suspect', 'enrolled'],
    title: 'agents are offline',
    what: 'are offline',
    fix: 'look at the host: systemctl status sluice-agent, or sluice-agent doctor',
  },
  {
    code: 'AGENTS_REVOKED',
    states: ['revoked'],
    title: 'agents are revoked',
    what: 'are revoked for good',
    fix: 'install the agent again with a new token',
  },
  {
    code: 'AGENTS_NOT_READY',
    states: ['online'],
    title: 'agents are connecting',
    what: 'are online but take no work yet (they connect, or their disk is full)',
    fix: 'wait a few seconds; sluice agent show <agent> says more',
  },
]

/** Agents that are there, but not for the data sources of this run. */
function unreachable({ agents, wants }: ExplainSnapshot): Ranked[] {
  const ready = agents.filter((agent) => agent.isReady && mayDo(agent, wants))
  const reasons: Ranked[] = []
  const closed = ready.flatMap(({ name, gate }) => (gate.kind === 'closed' ? [{ name, gate }] : []))
  const testing = ready.filter((agent) => agent.gate.kind === 'testing')
  const isOpen = closed.length + testing.length < ready.length
  const [first] = closed
  if (first !== undefined) {
    const { datasource, verdict, message } = first.gate
    reasons.push({
      code: 'CONNECTIVITY_CLOSED',
      title: 'agents cannot reach a data source',
      detail: `${closed.length} of ${ready.length} agents cannot use data source ${datasource} (${verdict}): ${first.name}: ${message}`,
      fix: `mend it; it is tested again by itself, or now: sluice datasource test ${datasource}`,
      agents: closed.slice(0, NAMES_SHOWN_MAX).map(({ name }) => name),
      blocks: !isOpen,
    })
  }
  if (testing.length > 0 && !isOpen) {
    reasons.push({
      code: 'CONNECTIVITY_TESTING',
      title: 'data sources are being tested',
      detail: `whether the agents reach the data sources is being tested: ${listed(names(testing), testing.length)}`,
      fix: 'wait for the test; it takes some seconds',
      agents: names(testing),
      blocks: true,
    })
  }
  return reasons
}

function refused({ refusal }: ExplainSnapshot): Ranked | null {
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

function channels(at: ExplainSnapshot, blocks: boolean): Ranked[] {
  const usable = at.agents.filter(
    (agent) => agent.isReady && agent.gate.kind === 'open' && mayDo(agent, at.wants),
  )
  if (usable.length === 0) return []
  if (at.wants !== 'slices') return stepsFull(at, usable)
  const reasons: Ranked[] = []
  const total = usable.reduce((sum, agent) => sum + agent.channels, 0)
  const isFull = usable.every((agent) => agent.slices >= agent.channels)
  const most = at.group?.channelsMax ?? null
  const isAtMost = most !== null && at.slicesInGroup >= most
  if (!isFull && !isAtMost) return []
  const first = at.others.filter((other) => other.priority > at.priority)
  if (first.length > 0) {
    reasons.push({
      code: 'PRIORITY',
      title: 'runs of a higher priority go first',
      detail: `runs with a higher priority than ${at.priority} have the channels: ${listed(first.map(runText), first.length)}`,
      fix: `wait, or start the run with a higher --priority (up to 8)`,
      blocks,
    })
  }
  const by =
    at.others.length === 0 ? '' : `, by ${listed(at.others.map(runText), at.others.length)}`
  if (isAtMost) {
    reasons.push({
      code: 'GROUP_CHANNELS_MAX',
      title: 'the group is at its limit of channels',
      detail: `${at.slicesInGroup} slices are in flight in resource group ${at.groupName}, which allows ${most}${by}`,
      fix: `wait, or raise it: sluice group update ${at.groupName} --channels <number>`,
      blocks,
    })
  }
  if (isFull) {
    reasons.push({
      code: 'CHANNELS_FULL',
      title: 'all channels are busy',
      detail: `all ${total} channels of resource group ${at.groupName} are busy${by}`,
      fix: `wait, or add an agent to the group: sluice group token ${at.groupName} gives the command`,
      blocks,
    })
  }
  return reasons
}

function stepsFull(at: ExplainSnapshot, usable: readonly ExplainAgent[]): Ranked[] {
  if (!usable.every((agent) => agent.isFullOfSteps)) return []
  return [
    {
      code: 'STEPS_FULL',
      title: 'all agents are busy with steps of runs',
      detail: `every agent of resource group ${at.groupName} has as many steps (plan, open, verify, ...) as it takes at once`,
      fix: 'wait: steps take seconds',
      blocks: true,
    },
  ]
}

function failedBefore({ lastFailure, retryAtMs, nowMs }: ExplainSnapshot): Ranked | null {
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

function concurrent(at: ExplainSnapshot): Ranked {
  return {
    code: 'JOB_CONCURRENT',
    title: "the job's own limit of channels",
    detail: `${at.inFlight} slices are in flight, and job ${at.jobName} allows ${at.concurrent}`,
    fix: 'raise "setting.speed.concurrent" of the job, up to 32',
    blocks: false,
  }
}

function limited({ speed, group, groupName }: ExplainSnapshot): Ranked | null {
  if (speed === null) return null
  const whose =
    group === null || group.bytesPerSecondMax === null
      ? 'the limit of the job'
      : `its share of ${mbps(group.bytesPerSecondMax)} of resource group ${groupName}`
  return {
    code: 'SPEED_LIMIT',
    title: 'a speed limit is in effect',
    detail: `the run moves ${mbps(speed)} at most: ${whose}`,
    fix: `raise "setting.speed.mbps" of the job, or the group's: sluice group update ${groupName} --mbps <number>`,
    blocks: false,
  }
}

function moving({ inFlight }: ExplainSnapshot): Ranked {
  return {
    code: 'MOVING',
    title: 'the run is moving',
    detail: `agents work on ${inFlight} ${inFlight === 1 ? 'piece' : 'pieces'} of it`,
    fix: '',
    blocks: false,
  }
}

const NAMES_SHOWN_MAX = 10

function mayDo(agent: ExplainAgent, wants: ExplainSnapshot['wants']): boolean {
  return wants !== 'slices' || agent.weight > 0
}

function names(agents: readonly ExplainAgent[]): string[] {
  return agents.slice(0, NAMES_SHOWN_MAX).map((agent) => agent.name)
}

/** The first few of so many. */
function listed(some: readonly string[], count: number): string {
  const shown = some.slice(0, NAMES_SHOWN_MAX)
  const more = count - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

function silence({ heartbeatAtMs, isReady }: ExplainAgent, nowMs: number): string {
  if (isReady) return ''
  if (heartbeatAtMs === null) return ' (never seen)'
  return ` (last seen ${ago(nowMs - heartbeatAtMs)} ago)`
}

function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return `${Math.round(seconds / 3_600)} h`
}

function runText({ id, jobName, slices }: OtherRun): string {
  return `run ${id} of ${jobName} (${slices})`
}

function mbps(bytesPerSecond: number): string {
  return `${(bytesPerSecond / 1024 / 1024).toFixed(1)} MB/s`
}
