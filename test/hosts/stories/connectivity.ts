import assert from 'node:assert/strict'

import { installAgent } from '../installed-agent.ts'
import type { Story } from '../story.ts'
import { Transfer } from '../transfer.ts'
import { Stopwatch, until } from '../until.ts'
import { DATASOURCES } from '../world.ts'

export const connectivityStory: Story = {
  name: 'connectivity',
  title:
    'a Kafka that one agent cannot reach is Unreachable for that agent alone; the job runs on the others, and waits with a reason when there are none',
  tell: async ({ world, say }) => {
    const group = world.newName('group')
    await world.client.createGroup(group)
    const hosts = await Promise.all([1, 2].map(() => world.addHost(world.newName('idc'))))
    await Promise.all(hosts.map((host) => installAgent(world, host, { group })))
    const [cut, other] = [hosts[0]!, hosts[1]!]
    const transfer = await Transfer.create(world, { group, records: 8_000, concurrent: 4 })

    await cut.cut({ address: world.addresses.kafka })
    const tested = new Stopwatch()
    const { items } = await world.client.testDatasource(DATASOURCES.kafka, { group })
    const verdicts = new Map(items.map(({ agent, verdict }) => [agent, verdict]))
    const matrix = Object.fromEntries(verdicts)
    assert.deepEqual(matrix, { [cut.name]: 'Unreachable', [other.name]: 'Connectable' })
    const failed = items.find(({ agent }) => agent === cut.name)
    assert.equal(failed?.failedStage, 'tcp')
    say(`matrix after ${tested.seconds} s: ${JSON.stringify(matrix)}: ${failed.message}`)

    await transfer.start()
    const { rows } = await transfer.mustBeExact()
    const agents = new Set((await transfer.slices()).map((slice) => slice.agent))
    assert.deepEqual([...agents], [other.name])
    say(`${rows} rows, each once, all by ${other.name}`)

    await world.client.drainAgent(other.name)
    const waiting = await Transfer.create(world, { group, records: 4_000, concurrent: 4 })
    await waiting.start()
    const why = await until('the explanation names the agent and its verdict', async () => {
      const { stdout } = await world.sluice('run', 'explain', String(waiting.runId))
      const isSaid = stdout.includes(cut.name) && stdout.includes('Unreachable')
      return isSaid ? stdout : null
    })
    say(`sluice run explain:\n${why.trim()}`)
    const healed = new Stopwatch()
    await cut.heal()
    await waiting.mustBeExact()
    say(`Kafka was reached again, and the run over ${healed.seconds} s later`)
  },
}
