/** A group's speed limit, shared among its running jobs: max-min fair. Pure. */

/**
 * Shares of the budget, in the order of the demands (null: as much as there is). Nobody gets more than it
 * asks for, and nobody could get more without taking from someone who has less. `budget` null: no limit.
 */
export function maxMinShares(
  budget: number | null,
  demands: readonly (number | null)[],
): (number | null)[] {
  if (budget === null) return [...demands]
  const shares: number[] = demands.map(() => 0)
  const order = demands
    .map((demand, index) => ({ demand: demand ?? Infinity, index }))
    .sort((a, b) => a.demand - b.demand)
  let left = budget
  for (const [done, { demand, index }] of order.entries()) {
    const share = Math.min(demand, left / (order.length - done))
    shares[index] = share
    left -= share
  }
  return shares
}

/** Of one slice of a job that has this share and so many slices; 0: no limit (as in SliceSpec). */
export function sliceSpeed(share: number | null, slices: number): number {
  return share === null ? 0 : Math.max(1, Math.floor(share / Math.max(1, slices)))
}
