/** The rules of resource groups, and what agents weigh in them, as hand-out asks for them at every turn: by memory alone. */
export interface GroupPolicy {
  readonly name: string
  readonly kind: 'default' | 'custom' | 'exclusive'
  /** Nothing new is handed out. */
  readonly paused: boolean
  /** Of all running jobs together; null: no limit. */
  readonly bytesPerSecondMax: number | null
  /** Slices in flight; null: what its agents have. */
  readonly channelsMax: number | null
  /** Of an exclusive group: who may run here. */
  readonly reservedJobs: readonly string[]
  readonly reservedOwners: readonly string[]
}

export interface GroupPolicies {
  /** null: the group is not known (yet): no rules. */
  of(groupId: number): GroupPolicy | null
  /** 0 to 100; 0 takes no slices. */
  weightOf(agentId: string): number
  /** Reads them anew. */
  reload(): Promise<void>
}

/** Of an agent of which nothing else is said. */
export const WEIGHT_DEFAULT = 1

/** Why a run may not start in the group; null: it may. */
export function reservedAgainst(group: GroupPolicy, jobName: string, owner: string): string | null {
  const { name, kind, reservedJobs, reservedOwners } = group
  if (kind !== 'exclusive') return null
  if (reservedJobs.includes(jobName) || reservedOwners.includes(owner)) return null
  const may = [
    ...(reservedJobs.length === 0 ? [] : [`the jobs ${shown(reservedJobs)}`]),
    ...(reservedOwners.length === 0 ? [] : [`the API tokens ${shown(reservedOwners)}`]),
  ]
  const who = may.length === 0 ? 'nobody yet' : may.join(', and whatever is started with ')
  return (
    `resource group ${name} is exclusive: reserved to ${who}. Job ${jobName}, started with ` +
    `${owner === '' ? 'no token' : `token ${owner}`}, is not among them: name another group, or ` +
    `have it reserved: sluice group update ${name} --reserve-job ${jobName}`
  )
}

const NAMES_SHOWN_MAX = 10

function shown(names: readonly string[]): string {
  const first = names.slice(0, NAMES_SHOWN_MAX).join(', ')
  const more = names.length - NAMES_SHOWN_MAX
  return more > 0 ? `${first} and ${more} more` : first
}
