/** Whether an upgrade that is asked for can be begun, and what it is in full. */
import type { AgentRow } from '../store/agents/agent-row.ts'
import type { Bundle } from './bundle-library.ts'
import { parseTimeWindow } from './time-window.ts'
import type { TimeWindow } from './time-window.ts'
import type { UpgradeRefusalCode, UpgradeRequest } from './upgrade-port.ts'
import { compareVersions, isWithinReach } from './version-order.ts'

export interface Surroundings {
  /** All of the group. */
  readonly agents: readonly AgentRow[]
  /** The newest first. */
  readonly bundles: readonly Bundle[]
  readonly bundleDir: string
  readonly planeVersion: string
  /** Of windows that name none. */
  readonly timeZone: string
}

export type CheckedRequest =
  | {
      readonly ok: true
      readonly version: string
      readonly window: TimeWindow | null
      readonly agentIds: readonly string[]
    }
  | { readonly ok: false; readonly code: UpgradeRefusalCode; readonly message: string }

/** Agents named in a message. */
const NAMES_MAX = 5

export function checkRequest(request: UpgradeRequest, around: Surroundings): CheckedRequest {
  const parsed = request.window === null ? null : parseTimeWindow(request.window, around.timeZone)
  if (parsed?.ok === false) return refuse('INVALID_REQUEST', parsed.problem)
  const version = request.version ?? around.bundles[0]?.version
  if (version === undefined) {
    const message = `there is no bundle of the agent in ${around.bundleDir}: make one with npm run bundle`
    return refuse('BUNDLE_NOT_FOUND', message)
  }
  if (!isWithinReach(version, around.planeVersion)) {
    const message = `agents of version ${version} are more than two minor versions away from this control plane (${around.planeVersion}): upgrade the control plane first, or name another --version`
    return refuse('STATE_CONFLICT', message)
  }
  const agents = around.agents.filter(
    ({ id, state }) =>
      state !== 'revoked' &&
      state !== 'enrolled' &&
      (request.agentId === null || request.agentId === id),
  )
  const problem = agentsProblem(request, agents, version, around)
  if (problem !== null) return problem
  const agentIds = agents.map(({ id }) => id)
  return { ok: true, version, window: parsed?.window ?? null, agentIds }
}

function agentsProblem(
  request: UpgradeRequest,
  agents: readonly AgentRow[],
  version: string,
  { bundles }: Surroundings,
): Extract<CheckedRequest, { ok: false }> | null {
  const others = agents.filter((agent) => agentFact(agent, 'agentVersion') !== version)
  if (others.length === 0) {
    const message =
      agents.length === 0
        ? `group ${request.group} has no agent that was ever connected: there is nothing to upgrade`
        : `${names(agents)} ${agents.length === 1 ? 'runs' : 'run'} ${version} already`
    return refuse('STATE_CONFLICT', message)
  }
  for (const arch of new Set(others.map((agent) => agentFact(agent, 'arch')))) {
    if (bundles.some((bundle) => bundle.version === version && bundle.arch === arch)) continue
    const message = `there is no bundle of version ${version} for linux on ${arch}: \`sluice agent bundles\` lists what there is`
    return refuse('BUNDLE_NOT_FOUND', message)
  }
  const newer = others.filter(
    (agent) => compareVersions(agentFact(agent, 'agentVersion'), version) > 0,
  )
  if (newer.length > 0 && !request.allowDowngrade) {
    const message = `${names(newer)} ${newer.length === 1 ? 'runs' : 'run'} a newer version than ${version}: with --allow-downgrade they are set back`
    return refuse('STATE_CONFLICT', message)
  }
  return null
}

/** What the agent said of its host in its last Hello; '' when it did not. */
export function agentFact({ facts }: AgentRow, key: string): string {
  const value = (facts as Readonly<Record<string, unknown>> | null)?.[key]
  return typeof value === 'string' ? value : ''
}

function names(agents: readonly AgentRow[]): string {
  const first = agents.slice(0, NAMES_MAX).map(({ name }) => name)
  const more = agents.length > first.length ? ` and ${agents.length - first.length} more` : ''
  return `${agents.length === 1 ? 'agent' : 'agents'} ${first.join(', ')}${more}`
}

function refuse(code: UpgradeRefusalCode, message: string): Extract<CheckedRequest, { ok: false }> {
  return { ok: false, code, message }
}
