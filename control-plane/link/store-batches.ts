/**
 * What thousands of agents ask of the store one by one, in statements of many rows. When a control
 * plane starts, or a rack comes back, all of them ask at once.
 *
 * SB1. Each caller gets its own outcome (lib/batcher.ts).
 * SB2. An agent is in a statement at most once: what came twice goes into a second statement, in the
 *      order in which it came.
 */
import { Batcher } from '../../lib/batcher.ts'
import type { BatchOutcome } from '../../lib/batcher.ts'
import { systemClock } from '../../lib/clock.ts'

/** Some milliseconds of the embedded store, which shares this process's thread. */
const ITEMS_PER_BATCH = 100
/** For others to join. Nobody waits so long for nothing: a statement takes about as long. */
const WAIT_MS = 2
/** More agents than one control plane is made for. */
const WAITING_MAX = 50_000

/** One answer an item, by `keyOf`; an item without an answer gets `none`. */
export function batchByKey<In, Out>(options: {
  readonly name: string
  readonly keyOf: (item: In) => string
  readonly run: (items: readonly In[]) => Promise<ReadonlyMap<string, Out>>
  readonly none: Out
}): (item: In) => Promise<Out> {
  const { name, keyOf, run, none } = options
  return batch(name, async (items) => {
    const outcomes: BatchOutcome<Out>[] = Array.from({ length: items.length })
    for (const round of roundsOf(items, keyOf)) {
      const answers = await run(round.map((at) => items[at]!))
      for (const at of round) {
        outcomes[at] = { ok: true, value: answers.get(keyOf(items[at]!)) ?? none }
      }
    }
    return outcomes
  })
}

export function batch<In, Out>(
  name: string,
  run: (items: readonly In[]) => Promise<readonly BatchOutcome<Out>[]>,
): (item: In) => Promise<Out> {
  const batcher = new Batcher<In, Out>({
    name,
    itemsMax: ITEMS_PER_BATCH,
    waitMs: WAIT_MS,
    waitingMax: WAITING_MAX,
    run,
    after: (delayMs, then) => systemClock.after(delayMs, then),
  })
  return (item) => batcher.add(item)
}

/** Places in `items`, so that no key comes twice in one round (SB2). */
function roundsOf<In>(items: readonly In[], keyOf: (item: In) => string): number[][] {
  const rounds: number[][] = []
  const seen = new Map<string, number>()
  for (const [at, item] of items.entries()) {
    const key = keyOf(item)
    const round = seen.get(key) ?? 0
    seen.set(key, round + 1)
    ;(rounds[round] ??= []).push(at)
  }
  return rounds
}
