import assert from 'node:assert/strict'

import { addAgentByHand, ready } from '../agent-by-hand.ts'
import { type Attempt, sliceAttempts } from '../agent-log.ts'
import type { Story } from '../story.ts'
import { Transfer } from '../transfer.ts'
import { Stopwatch, until } from '../until.ts'

const SLICES = 50
/** A job runs at most 32 slices at once. */
const JOBS = 2
const CHANNELS = 18
/** 50 workers are started, on two cores. */
const ALL_RUN_TIMEOUT_MS = 120_000

export const restartStory: Story = {
  name: 'restart',
  title:
    'kill -9 of the control plane under 50 running slices: none of them is killed, or run again',
  tell: async ({ world, say }) => {
    const group = world.newName('group')
    await world.client.createGroup(group)
    const agents = await Promise.all(
      [1, 2, 3].map(() => addAgentByHand(world, { group, channels: CHANNELS })),
    )
    const attempts = (): readonly Attempt[] => agents.flatMap(({ host }) => sliceAttempts(host))
    const options = { group, records: 60_000, mbps: 1, concurrent: SLICES / JOBS }
    const transfers = await Promise.all([
      Transfer.create(world, options),
      Transfer.create(world, options),
    ])
    await Promise.all(transfers.map((transfer) => transfer.start()))
    const running = await until(
      `${SLICES} slices run at once`,
      async () => {
        const found = attempts().filter(({ dropped }) => dropped === null)
        return found.length >= SLICES ? found : null
      },
      ALL_RUN_TIMEOUT_MS,
    )

    const down = new Stopwatch()
    await world.plane.kill()
    world.plane.start()
    await world.plane.ready()
    say(`${running.length} slices ran when it was killed; it was back after ${down.seconds} s`)
    await Promise.all(agents.map(({ name }) => ready(world, name)))
    say(`all agents were back ${down.seconds} s after the kill`)
    for (const transfer of transfers) await transfer.mustBeExact()

    const after = attempts()
    for (const { workId, attempt, host } of running) {
      const of = after.filter((one) => one.workId === workId && one.attempt >= attempt)
      // The one that ran, to its end, and no other since.
      assert.deepEqual(of, [{ workId, attempt, host, dropped: false }], `${workId} was run again`)
    }
    say(`each of the ${running.length} ended where it ran, in the same attempt; rows exact`)
  },
}
