/**
 * Who may read how fast: shares out the groups' limits, and tells running slices when their part changes.
 *
 * V1  A slice is sent with the rate of the moment. What changes later (the running set, the limits) is sent
 *     as updates, only to those whose rate changed, UPDATE_MS apart at least: until then a group may
 *     be over its limit by what was handed out since.
 * V2  `#told` holds what each slice was told last. A slice of which that is not known (the control plane has
 *     restarted) is told once, whatever its rate.
 */
import type { ActiveRun } from './active-run.ts'
import type { GroupPolicies } from './group-policies.ts'
import type { AgentLink, WorkRef } from './link-port.ts'
import { maxMinShares, sliceSpeed } from './speed-shares.ts'

export const UPDATE_MS = 500

interface Told {
  readonly attempt: number
  readonly bytesPerSecond: number
}

export interface SpeedLimitsDeps {
  readonly link: AgentLink
  readonly policies: GroupPolicies
  readonly runs: () => Iterable<ActiveRun>
}

export class SpeedLimits {
  readonly #deps: SpeedLimitsDeps
  /** Work id → what its newest attempt was told. Bounded by what is held: see `update`. */
  #told = new Map<string, Told>()

  constructor(deps: SpeedLimitsDeps) {
    this.#deps = deps
  }

  /** For a slice of the run that is sent now: those that are being sent with it are held already. */
  bytesPerSecond(run: ActiveRun): number {
    const { groupId } = run.identity
    const own = run.job.speed.bytesPerSecond
    const isLimited = (this.#deps.policies.of(groupId)?.bytesPerSecondMax ?? null) !== null
    const share = isLimited ? this.shares(groupId).get(run.id) : undefined
    return sliceSpeed(share ?? own, run.slices.held.size)
  }

  sent(ref: WorkRef, bytesPerSecond: number): void {
    this.#told.set(ref.workId, { attempt: ref.attempt, bytesPerSecond })
  }

  /** Bytes a second of each run of the group that has slices in flight; null: no limit. */
  shares(groupId: number): Map<number, number | null> {
    const runs = [...this.#deps.runs()].filter((run) => {
      return run.identity.groupId === groupId && run.slices.held.size > 0
    })
    const budget = this.#deps.policies.of(groupId)?.bytesPerSecondMax ?? null
    const shares = maxMinShares(
      budget,
      runs.map((run) => run.job.speed.bytesPerSecond),
    )
    return new Map(runs.map((run, i) => [run.id, shares[i]!]))
  }

  /** V1, V2. Called every UPDATE_MS. */
  update(): void {
    const told = new Map<string, Told>()
    const shares = new Map<number, Map<number, number | null>>()
    for (const run of this.#deps.runs()) {
      if (run.slices.held.size === 0) continue
      const { groupId } = run.identity
      const ofGroup = shares.get(groupId) ?? this.shares(groupId)
      shares.set(groupId, ofGroup)
      const rate = sliceSpeed(ofGroup.get(run.id) ?? null, run.slices.held.size)
      for (const held of run.heldWork()) {
        if (held.sliceNo === null) continue
        const last = this.#told.get(held.workId)
        const isTold = last?.attempt === held.attempt && last.bytesPerSecond === rate
        if (isTold || this.#deps.link.updateSpeed(held.agentId, held, rate)) {
          told.set(held.workId, { attempt: held.attempt, bytesPerSecond: rate })
        }
      }
    }
    this.#told = told
  }
}
