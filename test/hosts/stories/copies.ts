import assert from 'node:assert/strict'

import type { AgentCopy } from '../../../control-plane/api/shapes/agent-copy.ts'
import type { Host } from '../../../dev/hosts/host.ts'
import { ready } from '../agent-by-hand.ts'
import { installAgent } from '../installed-agent.ts'
import type { Story } from '../story.ts'
import { Stopwatch, until } from '../until.ts'
import type { World } from '../world.ts'

export const copiesStory: Story = {
  name: 'copies',
  title: 'a reboot, a restored disk and a clone that runs beside the original are told apart',
  tell: async ({ world, say }) => {
    const group = world.newName('group')
    await world.client.createGroup(group)
    const host = await world.addHost(world.newName('idc'))
    const name = await installAgent(world, host, { group })
    const agentId = (await world.client.showAgent(name)).id

    const bootBefore = host.bootId()
    await host.powerOff()
    await host.snapshot('old')
    const reboot = new Stopwatch()
    await host.boot()
    const rebooted = await until('the agent is back with a new boot-id', async () => {
      const agent = await world.client.showAgent(name)
      return agent.ready && bootIdOf(agent.facts) === host.bootId() ? agent : null
    })
    assert.equal(rebooted.id, agentId)
    assert.notEqual(host.bootId(), bootBefore)
    assert.deepEqual(await copiesOf(world, name), [])
    say(`reboot: the same agent, with its new boot-id, after ${reboot.seconds} s`)

    const clone = await world.cloneHost(host, world.newName('clone'))
    const found = new Stopwatch()
    const [copy] = await until('the clone is seen', async () => {
      const copies = await copiesOf(world, name)
      return copies.length > 0 ? copies : null
    })
    assert.ok(copy !== undefined)
    assert.equal(copy.verdict, 'clone')
    say(`clone: in quarantine after ${found.seconds} s; ${name} goes on`)
    await ready(world, name)
    assert.equal((await world.client.showAgent(name)).id, agentId)

    const resolved = new Stopwatch()
    await world.mustSluice('agent', 'resolve', name, String(copy.id), '--as', 'new')
    const added = await until('the clone is an agent of its own', async () => {
      const { items } = await world.client.listAgents(group)
      return items.find((agent) => agent.id !== agentId && agent.ready) ?? null
    })
    assert.notEqual(added.name, name)
    assert.deepEqual(await copiesOf(world, name), [])
    say(`resolved as new: the clone is agent ${added.name} after ${resolved.seconds} s`)
    await clone.powerOff()

    await restoredDisk(world, host, name)
    say('restored disk: in quarantine, with the verdict snapshot')
  },
}

async function restoredDisk(world: World, host: Host, name: string): Promise<void> {
  await host.powerOff()
  await host.restore('old')
  await host.boot()
  const [copy] = await until('the restored disk is seen', async () => {
    const copies = await copiesOf(world, name)
    return copies.length > 0 ? copies : null
  })
  assert.equal(copy?.verdict, 'snapshot')
  assert.equal((await world.client.showAgent(name)).ready, false)
}

/** Those that nobody has decided about. */
async function copiesOf(world: World, name: string): Promise<readonly AgentCopy[]> {
  const { items } = await world.client.listAgentCopies(name)
  return items.filter(({ decision }) => decision === null)
}

function bootIdOf(facts: unknown): string {
  return (facts as { readonly bootId?: string } | null)?.bootId ?? ''
}
