import assert from 'node:assert/strict'

import { addAgentByHand, ready } from '../agent-by-hand.ts'
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
    const options = { group, records: 60_000, mbps: 1, concurrent: SLICES / JOBS }
    const transfers = await Promise.all([
      Transfer.create(world, options),
      Transfer.create(world, options),
    ])
    await Promise.all(transfers.map((transfer) => transfer.start()))
    const running = await until(
      `${SLICES} slices run at once`,
      async () => {
        const found = await Promise.all(
          transfers.map(async (transfer) => {
            const slices = await transfer.slices()
            return slices
              .filter(({ state }) => state === 'running')
              .map((slice) => ({ transfer, slice }))
          }),
        )
        return found.flat().length >= SLICES ? found.flat() : null
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
    const after = new Map<Transfer, Awaited<ReturnType<Transfer['slices']>>>()
    for (const transfer of transfers) after.set(transfer, await transfer.slices())
    const again = running.filter(({ transfer, slice }) => {
      const now = after.get(transfer)?.find((one) => one.sliceNo === slice.sliceNo)
      return now?.attempt !== slice.attempt || now.agent !== slice.agent
    })
    assert.deepEqual(
      again.map(
        ({ slice }) => `slice ${slice.sliceNo}, attempt ${slice.attempt}, on ${slice.agent}`,
      ),
      [],
      'these were run again',
    )
    say(`all ${running.length} ended with the attempt and on the agent they had; rows exact`)
  },
}
