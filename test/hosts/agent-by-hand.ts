/** An agent on a host without the installer, from the repository that is lent to the host: for stories of what comes after. */
import { realpathSync } from 'node:fs'
import { join } from 'node:path'

import type { Host } from '../../dev/hosts/host.ts'
import { until } from './until.ts'
import { REPOSITORY, type World } from './world.ts'

const STATE_DIR = '/var/lib/sluice-agent'
export const HAND_AGENT_LOG = '/var/log/sluice-agent.log'
const REPOSITORY_ON_HOST = '/srv/sluice'
const NODE = `${REPOSITORY_ON_HOST}/node_modules/node/bin/node`

export interface HandAgentOptions {
  readonly group: string
  readonly channels: number
}

export interface HandAgent {
  readonly name: string
  readonly host: Host
}

/** A new host with an agent of the host's name, which may be given work. */
export async function addAgentByHand(world: World, options: HandAgentOptions): Promise<HandAgent> {
  const name = world.newName('idc')
  const host = await world.addHost(name, { lent: lentRepository() })
  const { token } = await world.client.createEnrolToken(options.group)
  const flags = `--link=${world.linkAddress} --name=${name} --channels=${options.channels}`
  const run = `${NODE} --disable-warning=ExperimentalWarning ${REPOSITORY_ON_HOST}/agent/main.ts run`
  // What an init script of a host does: it also starts the agent again after a reboot.
  const script = `#!/bin/sh
[ "$1" = start ] || exit 0
mkdir -p ${STATE_DIR} && chmod 700 ${STATE_DIR}
setsid sh -c 'until ${run} ${flags} --state-dir=${STATE_DIR} >>${HAND_AGENT_LOG} 2>&1; do sleep 1; done' </dev/null >/dev/null 2>&1 &
`
  await host.sh(`cat >/etc/init.d/sluice-agent && chmod 755 /etc/init.d/sluice-agent`, {
    stdin: script,
  })
  await host.sh('/etc/init.d/sluice-agent start', { env: { SLUICE_ENROL_TOKEN: token } })
  await ready(world, name)
  return { name, host }
}

export async function ready(world: World, name: string): Promise<void> {
  await until(`agent ${name} may be given work`, async () => {
    const agent = await world.client.showAgent(name).catch(() => null)
    return agent?.ready === true
  })
}

/** The repository, and what its node_modules is a link to, if it is one. */
function lentRepository(): Readonly<Record<string, string>> {
  const modules = join(REPOSITORY, 'node_modules')
  const real = realpathSync(modules)
  return { [REPOSITORY]: REPOSITORY_ON_HOST, ...(real === modules ? {} : { [real]: real }) }
}
