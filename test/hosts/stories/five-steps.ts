import assert from 'node:assert/strict'

import type { ConnectivityTestAnswer as Verdict } from '../../../control-plane/api/shapes/connectivity.ts'
import type { Host } from '../../../dev/hosts/host.ts'
import { installAgent } from '../installed-agent.ts'
import type { Story } from '../story.ts'
import { Transfer } from '../transfer.ts'
import { hostState, uninstallLeavesNothing } from '../uninstall.ts'
import { Stopwatch } from '../until.ts'
import { DATASOURCES, type World } from '../world.ts'

const AVAILABLE_SECONDS_MAX = 60
const HOSTS = 3

export const fiveStepsStory: Story = {
  name: 'five-steps',
  title:
    'from nothing to Available in under 60 s without internet; the job runs; uninstall leaves nothing behind',
  tell: async ({ world, say }) => {
    const names = Array.from({ length: HOSTS }, () => world.newName('idc'))
    const hosts = await Promise.all(names.map((name) => world.addHost(name)))
    const before = await hostState(hosts[0]!)

    const steps = new Stopwatch()
    const group = world.newName('group')
    await world.mustSluice('group', 'create', group)
    await Promise.all(hosts.map((host) => install(world, host, group)))
    await world.mustSluice('agent', 'wait', '--group', group, '--count', String(HOSTS))
    const verdicts = await Promise.all(
      Object.values(DATASOURCES).map((name) => test(world, name, group)),
    )
    const available = await world.client.showGroup(group)
    assert.equal(available.status, 'Available')
    assert.equal(available.agentsReady, HOSTS)
    const { seconds } = steps
    assert.deepEqual(
      verdicts.flat().map(({ agent, verdict, message }) => `${agent} ${verdict} ${message}`.trim()),
      Object.values(DATASOURCES).flatMap(() => names.map((name) => `${name} Connectable`)),
    )
    say(`${HOSTS} agents installed side by side, Available, all Connectable: ${seconds} s`)
    assert.ok(
      seconds < AVAILABLE_SECONDS_MAX,
      `${seconds} s until Available, not under ${AVAILABLE_SECONDS_MAX} s`,
    )

    const transfer = await Transfer.create(world, { group, records: 20_000, concurrent: 6 })
    const job = new Stopwatch()
    await transfer.start()
    const { rows } = await transfer.mustBeExact()
    const agents = new Set((await transfer.slices()).map((slice) => slice.agent))
    say(`${rows} rows, each once, by ${agents.size} agents: ${job.seconds} s`)

    await uninstallLeavesNothing(world, hosts[0]!, before)
    say(`uninstalled: no file, user or process is left on ${names[0]}, and its agent is revoked`)
  },
}

/** Steps 2 and 3: add the server as its owner knows it, run the printed command there. */
async function install(world: World, host: Host, group: string): Promise<void> {
  const { name, address, identity } = host
  const server = ['--name', name, '--uuid', identity.dmiUuid, '--ip', address]
  await installAgent(world, host, { group, server })
}

/** Step 5. In the order of the agents' names. */
async function test(world: World, datasource: string, group: string): Promise<readonly Verdict[]> {
  const { items } = await world.client.testDatasource(datasource, { group })
  return items.toSorted((a, b) => (a.agent < b.agent ? -1 : 1))
}
