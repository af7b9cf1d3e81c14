/** What a group may be, and what a change makes of it. Pure. */
import { PLAIN_GROUP } from '../store/resource-groups/group-row.ts'
import type { GroupSettings } from '../store/resource-groups/group-row.ts'
import type { GroupChange } from './shapes/group.ts'

/** Null takes a limit away. A group that is not exclusive any more is reserved to nobody. */
export function changedGroup(group: GroupSettings, change: GroupChange): GroupSettings {
  const kind = change.kind ?? group.kind
  const reserves = kind === 'exclusive' ? group : PLAIN_GROUP
  return {
    kind,
    description: change.description ?? group.description,
    labels: change.labels ?? group.labels,
    paused: change.paused ?? group.paused,
    mbpsMax: change.mbpsMax === undefined ? group.mbpsMax : change.mbpsMax,
    channelsMax: change.channelsMax === undefined ? group.channelsMax : change.channelsMax,
    reservedJobs: distinct(change.reservedJobs ?? reserves.reservedJobs),
    reservedOwners: distinct(change.reservedOwners ?? reserves.reservedOwners),
  }
}

/** Why a group cannot be so; null: it can. `from` is what it is now, null for a new one. */
export function groupProblem(from: GroupSettings | null, to: GroupSettings): string | null {
  if (from?.kind === 'default' && to.kind !== 'default') {
    return 'the default group stays the default group: runs without a group go there'
  }
  const reserved = to.reservedJobs.length + to.reservedOwners.length
  if (to.kind === 'exclusive' && reserved === 0) {
    return 'an exclusive group is reserved: name at least one job or owner that may use it'
  }
  if (to.kind !== 'exclusive' && reserved > 0) {
    return `a ${to.kind} group is open to all: only an exclusive one is reserved to jobs or owners`
  }
  return null
}

export type GroupStatus = 'Available' | 'Busy' | 'Paused' | 'Unavailable' | 'Empty'

/** The one word for a group. Unavailable: it has agents, and none of them is ready. */
export function groupStatus(group: {
  readonly paused: boolean
  readonly agents: number
  readonly agentsReady: number
  readonly channelsFree: number
}): GroupStatus {
  if (group.agents === 0) return 'Empty'
  if (group.paused) return 'Paused'
  if (group.agentsReady === 0) return 'Unavailable'
  return group.channelsFree === 0 ? 'Busy' : 'Available'
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)]
}
