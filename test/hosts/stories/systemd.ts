import assert from 'node:assert/strict'

import type { Host } from '../../../dev/hosts/host.ts'
import { ready } from '../agent-by-hand.ts'
import { installAgent } from '../installed-agent.ts'
import type { Story } from '../story.ts'
import { hostState, uninstallLeavesNothing } from '../uninstall.ts'
import { Stopwatch, until } from '../until.ts'

const UNIT = 'sluice-agent.service'
const STATUS_FILE = '/var/lib/sluice-agent/status.json'
/** What the unit says, as systemd has understood it. */
const PROPERTIES: Readonly<Record<string, string>> = {
  ActiveState: 'active',
  UnitFileState: 'enabled',
  User: 'sluice-agent',
  Group: 'sluice-agent',
  Restart: 'always',
  CapabilityBoundingSet: '',
  NoNewPrivileges: 'yes',
  ProtectSystem: 'strict',
  ProtectHome: 'yes',
  PrivateTmp: 'yes',
  PrivateDevices: 'yes',
  ProtectKernelTunables: 'yes',
  RestrictNamespaces: 'yes',
}
/** What the kernel says of the process. Seccomp 2: calls are filtered. */
const PROCESS: Readonly<Record<string, string>> = {
  CapEff: '0000000000000000',
  CapBnd: '0000000000000000',
  NoNewPrivs: '1',
  Seccomp: '2',
}
/** RestartSec, then dialling. */
const BACK_SECONDS_MAX = 30

export const systemdStory: Story = {
  name: 'systemd',
  title:
    'under a real systemd the agent runs as its own user in a sandbox, comes back after kill -9, and leaves nothing behind',
  needsSystemd: true,
  tell: async ({ world, say }) => {
    const booting = new Stopwatch()
    const host = await world.addHost(world.newName('idc'), { hasSystemd: true })
    assert.equal((await host.sh('cat /proc/1/comm')).trim(), 'systemd')
    const { stdout: state } = await host.exec(['systemctl', 'is-system-running'])
    say(`systemd is process 1, ${state.trim()} ${booting.seconds} s after power on`)
    const before = await hostState(host)

    const installing = new Stopwatch()
    const group = world.newName('group')
    await world.client.createGroup(group)
    const name = await installAgent(world, host, { group })
    const { id } = await world.client.showAgent(name)
    say(`${name} is Available ${installing.seconds} s after the command`)
    await mustBeSandboxed(host)
    say('its processes: own user, no capability, system calls filtered, /usr and /etc read-only')

    const killed = await mainProcess(host)
    const back = new Stopwatch()
    await host.sh(`kill -9 ${killed}`)
    await until('systemd has started it again, and it is connected', async () => {
      const now = await mainProcess(host)
      return now !== 0 && now !== killed && (await isConnected(host))
    })
    await ready(world, name)
    const { seconds } = back
    const restarts = (await properties(host, ['NRestarts']))['NRestarts']
    assert.equal(restarts, '1')
    assert.equal((await world.client.showAgent(name)).id, id)
    say(`kill -9 of its main process: the same agent, connected again after ${seconds} s`)
    assert.ok(seconds <= BACK_SECONDS_MAX, `${seconds} s, more than ${BACK_SECONDS_MAX} s`)
    await mustBeSandboxed(host)

    const checks = (await host.sh('sluice-agent doctor')).trim().split('\n')
    assert.deepEqual(
      checks.filter((line) => line.startsWith('FAIL')),
      [],
    )
    say(`sluice-agent doctor: ${checks.length} lines, none of them FAIL`)

    await uninstallLeavesNothing(world, host, before)
    assert.equal((await properties(host, ['LoadState']))['LoadState'], 'not-found')
    say('uninstalled: no unit, file, user or process is left, and the agent is revoked')
  },
}

/** By the word of systemd, and by that of the kernel. */
async function mustBeSandboxed(host: Host): Promise<void> {
  assert.deepEqual(await properties(host, Object.keys(PROPERTIES)), PROPERTIES)
  const uid = (await host.sh('id -u sluice-agent')).trim()
  assert.notEqual(uid, '0')
  const all = await unitProcesses(host)
  assert.ok(all.length >= 2, `the launcher and the agent, but there are ${all.length} processes`)
  for (const pid of all) {
    const status = fieldsOf(await host.sh(`cat /proc/${pid}/status`), /^(\w+):\s*(.*)$/)
    const seen = Object.fromEntries(Object.keys(PROCESS).map((key) => [key, status[key]]))
    assert.deepEqual(seen, PROCESS, `process ${pid}`)
    assert.equal(status['Uid'], [uid, uid, uid, uid].join('\t'), `process ${pid}`)
  }
  for (const place of ['/usr', '/etc']) {
    const write = ['nsenter', `--mount=/proc/${all[0]}/ns/mnt`, 'touch', `${place}/written`]
    assert.match((await host.exec(write)).stderr, /Read-only file system/, place)
  }
}

/** Process ids; the main one first. */
async function unitProcesses(host: Host): Promise<readonly number[]> {
  const path = (await properties(host, ['ControlGroup']))['ControlGroup']
  const text = await host.sh(`cat /sys/fs/cgroup${path}/cgroup.procs`)
  const all = text.trim().split('\n').map(Number)
  const main = await mainProcess(host)
  assert.ok(all.includes(main), `the main process ${main} is not in ${path}: ${all.join(', ')}`)
  return [main, ...all.filter((pid) => pid !== main)]
}

/** 0: it does not run. */
async function mainProcess(host: Host): Promise<number> {
  return Number((await properties(host, ['MainPID']))['MainPID'])
}

/** By the word of the process that runs now: the file of one that was killed still says connected. */
async function isConnected(host: Host): Promise<boolean> {
  const status = JSON.parse(await host.sh(`cat ${STATUS_FILE}`)) as {
    readonly connected: boolean
    readonly pid: number
  }
  return status.connected && (await unitProcesses(host)).includes(status.pid)
}

async function properties(
  host: Host,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  return fieldsOf(await host.sh(`systemctl show ${UNIT} -p ${names.join(',')}`), /^(\w+)=(.*)$/)
}

function fieldsOf(text: string, line: RegExp): Readonly<Record<string, string>> {
  const matches = text.split('\n').map((one) => line.exec(one))
  return Object.fromEntries(matches.flatMap((one) => (one === null ? [] : [[one[1]!, one[2]!]])))
}
