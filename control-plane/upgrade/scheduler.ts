/**
 * What a campaign does next, as a pure function: (campaign, agents, now) -> one command. It is asked
 * again after each command has been carried out, and every second.
 *
 * S1. At most one agent of a campaign is under way. The first is the canary: the least busy one that is ready.
 * S2. The next one's turn comes only when the one before has been connected for the soak time without
 *     a break, in the sight of this control plane: what was before its own start does not count.
 * S3. An agent that rolled back, refused or was lost halts the campaign. Nothing goes on by itself.
 * S4. Silence counts as a loss after `LOST_MS`, and only silence that this process has heard itself:
 *     while the control plane was away nothing is held against an agent.
 * S5. Outside of the window no agent's turn begins. One that has begun goes on to its end.
 */
import { isFailed } from './campaign.ts'
import type { Campaign, Turn } from './campaign.ts'
import { isOpen, nextOpeningMs } from './time-window.ts'

const MINUTE_MS = 60_000
/** Not connected for so long while it is upgraded or soaks. */
export const LOST_MS = 10 * MINUTE_MS
/** A connected agent that has not answered an order at all: it is too old to know upgrades. */
const ANSWER_MS = 2 * MINUTE_MS
/** Of a bundle over a slow line. */
const FETCH_MS = 60 * MINUTE_MS
/** Agents named in a message. */
const NAMES_MAX = 5

/** An agent as the link sees it. Times are of the wall clock. */
export interface AgentHealth {
  /** As in its last Hello; empty: not heard of in this process. */
  readonly version: string
  /** `x64` or `arm64`; empty: as with the version. */
  readonly arch: string
  /** Connected without a break since; null: it is not connected. */
  readonly onlineSinceMs: number | null
  /** Last heard of; not before this process started to listen. */
  readonly heardAtMs: number
  /** May be given work right now. */
  readonly isReady: boolean
  /** What it has to do. */
  readonly works: number
}

export type CampaignCommand =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'say'; readonly state: 'waiting' | 'running'; readonly message: string }
  | { readonly kind: 'begin'; readonly agentId: string; readonly turn: number }
  | {
      readonly kind: 'settle'
      readonly agentId: string
      readonly state: 'skipped' | 'lost'
      readonly message: string
    }
  | { readonly kind: 'halt'; readonly message: string }
  | { readonly kind: 'finish'; readonly message: string }

/** `health` answers null for an agent that is revoked or deleted. */
export function nextCommand(
  campaign: Campaign,
  health: (agentId: string) => AgentHealth | null,
  nowMs: number,
): CampaignCommand {
  if (campaign.state !== 'waiting' && campaign.state !== 'running') return { kind: 'nothing' }
  const failed = campaign.turns.find(({ state }) => isFailed(state))
  if (failed !== undefined) return { kind: 'halt', message: failureMessage(failed) } // S3
  return (
    settleWithoutTurn(campaign, health) ??
    watchUnderway(campaign, health, nowMs) ??
    watchSoaking(campaign, health, nowMs) ??
    beginNext(campaign, health, nowMs)
  )
}

function failureMessage({ agent, state, message }: Turn): string {
  const what = { rolledBack: 'rolled back', refused: 'refused', lost: 'was lost' }[
    state as 'rolledBack' | 'refused' | 'lost'
  ]
  return `agent ${agent} ${what}: ${message}`
}

function settleWithoutTurn(
  campaign: Campaign,
  health: (agentId: string) => AgentHealth | null,
): CampaignCommand | null {
  for (const { agentId, state } of campaign.turns) {
    if (state !== 'pending' && state !== 'underway') continue
    const agent = health(agentId)
    if (agent === null) {
      return { kind: 'settle', agentId, state: 'skipped', message: 'revoked or deleted' }
    }
    if (state === 'pending' && agent.version === campaign.version) {
      const message = `runs ${campaign.version} already`
      return { kind: 'settle', agentId, state: 'skipped', message }
    }
  }
  return null
}

/** S1, S4 */
function watchUnderway(
  campaign: Campaign,
  health: (agentId: string) => AgentHealth | null,
  nowMs: number,
): CampaignCommand | null {
  const turn = campaign.turns.find(({ state }) => state === 'underway')
  const agent = turn === undefined ? null : health(turn.agentId)
  if (turn === undefined || agent === null) return null
  const lost = (message: string): CampaignCommand => ({
    kind: 'settle',
    agentId: turn.agentId,
    state: 'lost',
    message,
  })
  if (agent.onlineSinceMs === null) {
    const silentMs = nowMs - Math.max(agent.heardAtMs, turn.changedAtMs)
    if (silentMs >= LOST_MS) return lost(`not heard of for ${minutes(silentMs)} during its upgrade`)
    return say(campaign, 'running', `agent ${turn.agent} is being upgraded, it is not connected`)
  }
  const waitedMs = nowMs - Math.max(agent.onlineSinceMs, turn.changedAtMs)
  if (waitedMs >= phaseMaxMs(campaign, turn)) {
    return lost(
      turn.phase === ''
        ? `connected, but no answer for ${minutes(waitedMs)}: its version ${agent.version} may be too old for upgrades from here`
        : `no progress for ${minutes(waitedMs)} after ${turn.phase}`,
    )
  }
  return say(campaign, 'running', `agent ${turn.agent} is being upgraded`)
}

function phaseMaxMs(campaign: Campaign, turn: Turn): number {
  switch (turn.phase) {
    case '':
      return ANSWER_MS
    case 'FETCHING':
      return FETCH_MS
    case 'DRAINING':
      return campaign.drainMs + LOST_MS
    case 'RESTARTING':
      return campaign.healthMs + LOST_MS
  }
}

/** S2 */
function watchSoaking(
  campaign: Campaign,
  health: (agentId: string) => AgentHealth | null,
  nowMs: number,
): CampaignCommand | null {
  const done = campaign.turns.filter(({ state }) => state === 'done')
  const turn = done.toSorted((a, b) => b.changedAtMs - a.changedAtMs)[0]
  const agent = turn === undefined ? null : health(turn.agentId)
  if (turn === undefined || agent === null) return null
  if (agent.onlineSinceMs === null) {
    const silentMs = nowMs - Math.max(agent.heardAtMs, turn.changedAtMs)
    if (silentMs < LOST_MS) {
      return say(campaign, 'running', `agent ${turn.agent} was upgraded, it is not connected`)
    }
    const message = `not heard of for ${minutes(silentMs)} after its upgrade`
    return { kind: 'settle', agentId: turn.agentId, state: 'lost', message }
  }
  const healthySinceMs = Math.max(agent.onlineSinceMs, turn.changedAtMs)
  if (nowMs - healthySinceMs >= campaign.soakMs) return null
  return say(campaign, 'running', `agent ${turn.agent} was upgraded and is being watched`)
}

function beginNext(
  campaign: Campaign,
  health: (agentId: string) => AgentHealth | null,
  nowMs: number,
): CampaignCommand {
  const pending = campaign.turns.filter(({ state }) => state === 'pending')
  if (pending.length === 0) return { kind: 'finish', message: summary(campaign) }
  const { window } = campaign
  if (window !== null && !isOpen(window, nowMs)) {
    // S5
    const opens = new Date(nextOpeningMs(window, nowMs)).toISOString()
    return say(campaign, 'waiting', `waits for its window, which opens at ${opens}`)
  }
  const next = leastBusy(pending, health)
  if (next === null) {
    const names = pending.slice(0, NAMES_MAX).map(({ agent }) => agent)
    const more = pending.length > names.length ? ` and ${pending.length - names.length} more` : ''
    const message = `waits for agents that are not connected: ${names.join(', ')}${more}`
    return say(campaign, 'running', message)
  }
  const begun = campaign.turns.filter(({ turn }) => turn !== null)
  return { kind: 'begin', agentId: next.agentId, turn: begun.length }
}

/** Of the connected ones; those that are ready go first, since a drained one is no canary. */
function leastBusy(
  pending: readonly Turn[],
  health: (agentId: string) => AgentHealth | null,
): Turn | null {
  let best: { readonly turn: Turn; readonly rank: number } | null = null
  for (const turn of pending) {
    const agent = health(turn.agentId)
    if (agent === null || agent.onlineSinceMs === null) continue
    const rank = agent.isReady ? agent.works : Number.MAX_SAFE_INTEGER
    if (best === null || rank < best.rank) best = { turn, rank }
  }
  return best?.turn ?? null
}

/** Nothing when that is what stands there already. */
function say(campaign: Campaign, state: 'waiting' | 'running', message: string): CampaignCommand {
  const isSaid = campaign.state === state && campaign.message === message
  return isSaid ? { kind: 'nothing' } : { kind: 'say', state, message }
}

function summary({ turns, version }: Campaign): string {
  const done = turns.filter(({ state }) => state === 'done').length
  const skipped = turns.filter(({ state }) => state === 'skipped').length
  const rest = skipped === 0 ? '' : `, ${skipped} skipped`
  return `${done} of ${turns.length} agents were upgraded to ${version}${rest}`
}

function minutes(ms: number): string {
  return `${Math.floor(ms / MINUTE_MS)} minutes`
}
