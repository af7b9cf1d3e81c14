/** Channels and steps of agents that others have, and who has them. */
import { addAgent, listed, runText } from './phrases.ts'
import type { Ranked } from './ranked.ts'
import { type ExplainAgent, type ExplainSnapshot, mayDo } from './snapshot.ts'

/** `blocks`: nothing of the run is in flight. Empty when some agent has room. */
export function channels(at: ExplainSnapshot, blocks: boolean): Ranked[] {
  const usable = at.agents.filter(
    (agent) => agent.isReady && agent.gate.kind === 'open' && mayDo(agent, at.wants),
  )
  if (usable.length === 0) return []
  if (at.wants !== 'slices') return stepsFull(at, usable)
  const taken = [groupChannelsMax(at), channelsFull(at, usable)].filter((one) => one !== null)
  if (taken.length === 0) return []
  return [higherPriority(at), ...taken]
    .filter((one) => one !== null)
    .map((one) => ({ ...one, blocks }))
}

type Unranked = Omit<Ranked, 'blocks'>

function higherPriority({ others, priority }: ExplainSnapshot): Unranked | null {
  const first = others.filter((other) => other.priority > priority)
  if (first.length === 0) return null
  return {
    code: 'PRIORITY',
    title: 'runs of a higher priority go first',
    detail: `runs with a higher priority than ${priority} have the channels: ${listed(first.map(runText), first.length)}`,
    fix: `wait, or start the run with a higher --priority (up to 8)`,
  }
}

function groupChannelsMax(at: ExplainSnapshot): Unranked | null {
  const { slicesInGroup, groupName } = at
  const most = at.group?.channelsMax ?? null
  if (most === null || slicesInGroup < most) return null
  return {
    code: 'GROUP_CHANNELS_MAX',
    title: 'the group is at its limit of channels',
    detail: `${slicesInGroup} slices are in flight in resource group ${groupName}, which allows ${most}${by(at)}`,
    fix: `wait, or raise it: sluice group update ${groupName} --channels <number>`,
  }
}

function channelsFull(at: ExplainSnapshot, usable: readonly ExplainAgent[]): Unranked | null {
  if (usable.some((agent) => agent.slices < agent.channels)) return null
  const total = usable.reduce((sum, agent) => sum + agent.channels, 0)
  return {
    code: 'CHANNELS_FULL',
    title: 'all channels are busy',
    detail: `all ${total} channels of resource group ${at.groupName} are busy${by(at)}`,
    fix: `wait, or add an agent to the group: ${addAgent(at.groupName)}`,
  }
}

function by({ others }: ExplainSnapshot): string {
  return others.length === 0 ? '' : `, by ${listed(others.map(runText), others.length)}`
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
