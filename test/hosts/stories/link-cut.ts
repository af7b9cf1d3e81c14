import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import { addAgentByHand, ready } from '../agent-by-hand.ts'
import type { Story } from '../story.ts'
import { Transfer } from '../transfer.ts'
import { Stopwatch } from '../until.ts'

/** Longer than lease and grace, 22 s. */
const CUT_SECONDS = 40
const LONG_CUT_SECONDS = 600

export const linkCutStory: Story = {
  name: 'link-cut',
  title:
    'an agent that is cut from the control plane, and still reaches Kafka and MaxCompute, costs no row and doubles none',
  tell: async ({ world, isLong, say }) => {
    const cutSeconds = isLong ? LONG_CUT_SECONDS : CUT_SECONDS
    const group = world.newName('group')
    await world.client.createGroup(group)
    const agents = await Promise.all(
      [1, 2, 3].map(() => addAgentByHand(world, { group, channels: 2 })),
    )
    const cut = agents[0]!
    // About 45 s of work at this speed, so that the cut agent is missed, and written beside.
    const transfer = await Transfer.create(world, {
      group,
      records: 44_000,
      mbps: 1,
      concurrent: 6,
    })
    await transfer.start()
    const running = await transfer.running(5)
    const mine = running.filter((slice) => slice.agent === cut.name)
    assert.ok(mine.length > 0, `no slice runs on ${cut.name}`)

    const since = new Stopwatch()
    await cut.host.cut({ address: world.addresses.plane })
    const dial = `: </dev/tcp/${world.addresses.kafka}/9092`
    assert.equal(
      (await cut.host.exec(['timeout', '3', 'bash', '-c', dial])).status,
      0,
      'Kafka is cut too',
    )
    const { rows } = await transfer.mustBeExact()
    say(
      `${rows} rows, each once, ${since.seconds} s after ${cut.name} was cut off with ${mine.length} slices`,
    )
    const again = (await transfer.slices()).filter(
      (slice) => mine.some((one) => one.sliceNo === slice.sliceNo) && slice.agent !== cut.name,
    )
    say(`${again.length} of its ${mine.length} slices were run by others`)
    const rest = cutSeconds * 1000 - since.seconds * 1000
    if (rest > 0) await sleep(rest)
    assert.notEqual((await world.client.showAgent(cut.name)).state, 'online')
    await cut.host.heal()
    const healed = new Stopwatch()
    await ready(world, cut.name)
    say(
      `after ${since.seconds} s the network was healed; ${cut.name} was back ${healed.seconds} s later`,
    )
    const afterwards = await transfer.mustBeExact()
    say(`${afterwards.rows} rows, each once, after it came back`)
  },
}
