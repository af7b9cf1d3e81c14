import assert from 'node:assert/strict'
import { statfsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import type { CommandEnd } from '../../../dev/hosts/command.ts'
import { fileSystemDiff, fileSystemState } from '../../../dev/hosts/file-system.ts'
import type { Host } from '../../../dev/hosts/host.ts'
import { startSquid } from '../../../dev/hosts/squid.ts'
import { type InstallOptions, installAgent, runInstaller } from '../installed-agent.ts'
import type { Story, Teller } from '../story.ts'
import { INSTALL_PORT, LINK_PORT, type World } from '../world.ts'

const CLOCK_OFFSET_MS = 3 * 60_000
const SMALL_DISK_MB = 600
const LEFT_MB = 20
const PROXY = { name: 'proxy', network: 'idc', hostPart: 7 } as const
const PROXY_PORT = 3_128
const INSPECTION = { name: 'inspection', network: 'cloud', hostPart: 20 } as const
const INTERCEPTOR = fileURLToPath(
  new URL('../../../dev/hosts/interceptor-process.ts', import.meta.url),
)

export const clockStory: Story = {
  name: 'preflight-clock',
  title: 'a host whose clock is 3 minutes off is told so, and left as it was',
  tell: async (teller) => {
    const host = await teller.world.addHost(teller.world.newName('idc'))
    await host.clockOffset(CLOCK_OFFSET_MS)
    await mustFail(
      teller,
      host,
      /^FAIL +clock +(2 min 5\d s|3 min \d+ s) ahead of the control plane/m,
    )
  },
}

export const fullDiskStory: Story = {
  name: 'preflight-disk',
  title: 'a host whose disk is full is told so, and left as it was',
  tell: async (teller) => {
    const host = await teller.world.addHost(teller.world.newName('idc'), { diskMb: SMALL_DISK_MB })
    const { bavail, bsize } = statfsSync(host.disk)
    const kilobytes = Math.floor((bavail * bsize) / 1024) - LEFT_MB * 1024
    await host.sh(`dd if=/dev/zero of=/var/filler bs=1024 count=${kilobytes}`)
    await mustFail(teller, host, /^FAIL +disk +\/opt\/sluice-agent: .*\d+ MB free/m)
  },
}

export const proxyStory: Story = {
  name: 'preflight-proxy',
  title:
    'behind an HTTP CONNECT proxy with authentication an agent installs and works; a wrong password is named',
  tell: async (teller) => {
    const { world, say } = teller
    const address = await world.bed.addServiceNode(PROXY)
    const credentials = { user: 'idc', password: 'right' }
    const directory = world.bed.directory('squid')
    await startSquid({ node: PROXY.name, address, port: PROXY_PORT, directory, ...credentials })
    const proxyOf = (password: string): Readonly<Record<string, string>> => ({
      https_proxy: `http://idc:${password}@${address}:${PROXY_PORT}`,
    })

    const wrong = await world.addHost(world.newName('idc'))
    await carryScript(world, wrong)
    await wrong.cut({ address: world.addresses.plane })
    await mustFail(teller, wrong, /407/, { env: proxyOf('wrong') }, 'sh /var/tmp/install.sh')

    const group = world.newName('group')
    await world.client.createGroup(group)
    const right = await world.addHost(world.newName('idc'))
    await right.cut({ address: world.addresses.plane })
    const name = await installAgent(world, right, { group, env: proxyOf('right') })
    say(`${name}, which only the proxy leads out of, is Available`)
  },
}

export const interceptionStory: Story = {
  name: 'preflight-tls',
  title:
    'TLS that is opened on its way is named, with whose certificate was shown, and the host left as it was',
  tell: async (teller) => {
    const { world } = teller
    const to = await world.bed.addServiceNode(INSPECTION)
    const { plane } = world.addresses
    const ports = [LINK_PORT, INSTALL_PORT]
    const args = [to, plane, world.bed.directory('inspection'), ...ports.map(String)]
    await world.bed.startService(INSPECTION.name, () => ({ file: INTERCEPTOR, args, env: {} }))
    const divert = (from: string, some: readonly number[]): Promise<void> =>
      world.bed.networks.divert(
        some.map((port) => ({
          from,
          service: { address: plane, port },
          to: { address: to, port },
        })),
      )

    const link = await world.addHost(world.newName('idc'))
    await divert(link.address, [LINK_PORT])
    await mustFail(teller, link, /^FAIL +tls .*Example TLS Inspection CA/m)

    const both = await world.addHost(world.newName('idc'))
    await carryScript(world, both)
    await divert(both.address, ports)
    const said = /^FAIL +bundle .*Example TLS Inspection CA/m
    await mustFail(teller, both, said, {}, 'sh /var/tmp/install.sh')
  },
}

/** The first part of the two-step form: fetched, to be read and run later. */
async function carryScript(world: World, host: Host): Promise<void> {
  const url = `https://${world.addresses.plane}:${INSTALL_PORT}/install.sh`
  await host.sh(`curl -fsSk -o /var/tmp/install.sh '${url}'`)
}

/** Installing fails, says why, and changes nothing. `script`: instead of the printed command. */
async function mustFail(
  { world, say }: Teller,
  host: Host,
  reason: RegExp,
  options: Omit<InstallOptions, 'group'> = {},
  script?: string,
): Promise<void> {
  const group = world.newName('group')
  await world.client.createGroup(group)
  const before = await fileSystemState(host)
  const { status, stdout, stderr } = await install(world, host, { group, ...options }, script)
  assert.match(`${stdout}${stderr}`, reason)
  assert.notEqual(status, 0)
  assert.deepEqual(fileSystemDiff(before, await fileSystemState(host)), [])
  const { items } = await world.client.listAgents(group)
  assert.deepEqual(items, [])
  for (const line of stdout.split('\n').filter((text) => text.startsWith('FAIL'))) say(line)
  say('nothing was changed on the host')
}

async function install(
  world: World,
  host: Host,
  options: InstallOptions,
  script: string | undefined,
): Promise<CommandEnd> {
  if (script === undefined) return runInstaller(world, host, options)
  const { token } = await world.client.createEnrolToken(options.group)
  return host.exec(['sh', '-c', script], { env: { ...options.env, SLUICE_ENROL_TOKEN: token } })
}
