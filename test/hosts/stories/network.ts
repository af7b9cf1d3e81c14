import assert from 'node:assert/strict'

import { enter } from '../../../dev/hosts/bed.ts'
import { runAny } from '../../../dev/hosts/command.ts'
import type { Story } from '../story.ts'
import { PLANE_NAME } from '../world.ts'

export const networkStory: Story = {
  name: 'network',
  title:
    'the control plane has no way to Kafka or MaxCompute; hosts dial out to it, and to nothing else',
  tell: async ({ world, say }) => {
    for (const [what, address, port] of [
      ['Kafka', world.addresses.kafka, 9_092],
      ['MaxCompute', world.addresses.maxCompute, 8_080],
    ] as const) {
      const [file, ...within] = enter('plane')
      const { status, stderr } = await runAny(file, [...within, ...dial(address, port)])
      assert.match(stderr, /Network is unreachable/, `the control plane reaches ${what}: ${status}`)
      say(`control plane to ${what} at ${address}:${port}: Network is unreachable`)
    }
    const host = await world.addHost(world.newName('idc'))
    const dials = async (address: string, port: number): Promise<boolean> =>
      (await host.exec(dial(address, port))).status === 0
    assert.ok(await dials(PLANE_NAME, 7_421), 'the link is not reached')
    assert.ok(await dials(world.addresses.kafka, 9_092), 'Kafka is not reached')
    assert.ok(!(await dials(PLANE_NAME, 22)), 'another port of the control plane is reached')
    assert.ok(!(await dials('192.0.2.1', 443)), 'the internet is reached')
    say('host: the link and Kafka, yes; another port of the control plane, and the internet, no')
    for (const program of ['node', 'java', 'python3', 'docker']) {
      const { status } = await host.exec(['sh', '-c', `command -v ${program}`])
      assert.notEqual(status, 0, `${program} is found on the host`)
    }
    const uuid = (await host.sh('cat /sys/class/dmi/id/product_uuid')).trim()
    assert.equal(uuid, host.identity.dmiUuid)
    assert.equal((await host.sh('uname -n')).trim(), host.name)
  },
}

function dial(address: string, port: number): readonly [string, ...string[]] {
  return ['timeout', '3', 'bash', '-c', `: </dev/tcp/${address}/${port}`]
}
