import assert from 'node:assert/strict'

import { addAgentByHand, ready } from '../agent-by-hand.ts'
import type { Story } from '../story.ts'
import { Transfer } from '../transfer.ts'
import { Stopwatch, until } from '../until.ts'

const ELSEWHERE_SECONDS_MAX = 25
const RECORDS = 40_000
const CONCURRENT = 12
/** Of each of three: two of them can take all slices at once, so that none waits for a free channel. */
const CHANNELS = CONCURRENT / 2

export const powerLossStory: Story = {
  name: 'power-loss',
  title:
    'the slices of a host that loses its power run elsewhere within 25 s, and no row is lost or doubled',
  tell: async ({ world, say }) => {
    const group = world.newName('group')
    await world.client.createGroup(group)
    const agents = await Promise.all(
      [1, 2, 3].map(() => addAgentByHand(world, { group, channels: CHANNELS })),
    )
    const transfer = await Transfer.create(world, {
      group,
      records: RECORDS,
      mbps: 1,
      concurrent: CONCURRENT,
    })
    await transfer.start()
    const running = await transfer.running(10)
    const victim = agents[0]!
    const lost = running.filter((slice) => slice.agent === victim.name)
    assert.ok(lost.length > 0, `no slice runs on ${victim.name}`)

    const dead = new Stopwatch()
    await victim.host.powerOff()
    await until(`the slices of ${victim.name} run elsewhere`, async () => {
      const now = await transfer.slices()
      return lost.every(({ sliceNo, attempt }) => {
        const slice = now.find((one) => one.sliceNo === sliceNo)
        const isElsewhere = slice !== undefined && slice.agent !== victim.name
        return isElsewhere && slice.attempt > attempt && slice.state !== 'pending'
      })
    })
    const elsewhere = dead.seconds
    say(
      `${lost.length} slices of ${victim.name}: assigned to others ${elsewhere} s after its power was lost`,
    )
    assert.ok(
      elsewhere <= ELSEWHERE_SECONDS_MAX,
      `${elsewhere} s until its slices ran elsewhere, more than ${ELSEWHERE_SECONDS_MAX} s`,
    )
    const { rows } = await transfer.mustBeExact()
    say(
      `${rows} rows, every (topic partition, offset) once, ${dead.seconds} s after the loss of power`,
    )

    const off = new Stopwatch()
    await victim.host.boot()
    await ready(world, victim.name)
    say(`${victim.name} booted, and may be given work again after ${off.seconds} s`)
  },
}
