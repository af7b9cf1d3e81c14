/**
 * One host: network, mount, process, uts and ipc namespaces of its own, and a disk of its own over the
 * machine's programs (base.ts).
 *
 * H1. Everything that runs on a host is below its process 1, which the kernel takes them all with.
 * H2. Loss of power: the link goes down before the processes do, so that no FIN or RST tells on them.
 * H3. What a host is lasts over power off and boot: disk, address, hardware address, UUID, cuts. Its
 *     boot-id and its network namespace are new at each boot.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { BedError } from './bed-error.ts'
import { run, runAny, type CommandEnd, type CommandOptions } from './command.ts'
import { makeHostGroup } from './control-groups.ts'
import { applyCuts, type Cut } from './cut.ts'
import { writeIdentity, type HostIdentity, type HostNames } from './host-files.ts'
import type { NetworkName, Networks } from './network.ts'
import { systemdStarted } from './systemd.ts'

const INIT = fileURLToPath(new URL('host-init.sh', import.meta.url))
const BOOT_TIMEOUT_MS = 20_000
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  USER: 'root',
  TERM: 'dumb',
}
/** As Debian's `faketime` package has it, below /usr/lib. */
const FAKETIME_LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'

export interface HostPlace {
  /** Holds the disk and what the host is started from. */
  readonly directory: string
  readonly baseMask: string
  readonly networks: Networks
  readonly network: NetworkName
  readonly hostPart: number
  readonly names: HostNames
  /** Paths of the machine → paths on the host, read-only. */
  readonly lent: Readonly<Record<string, string>>
  /** Process 1 is systemd; else a shell that reaps. */
  readonly hasSystemd: boolean
}

export class Host {
  readonly identity: HostIdentity
  readonly #place: HostPlace
  #init: { readonly child: ChildProcess; readonly pid: number } | null = null
  #cuts: readonly Cut[] = []

  constructor(identity: HostIdentity, place: HostPlace) {
    this.identity = identity
    this.#place = place
  }

  get name(): string {
    return this.identity.name
  }

  get address(): string {
    return this.identity.address
  }

  get hasSystemd(): boolean {
    return this.#place.hasSystemd
  }

  get isUp(): boolean {
    return this.#init !== null
  }

  /** The host's own files, as they lie on its disk: the upper layer alone. */
  get disk(): string {
    return join(this.#place.directory, 'disk/upper')
  }

  bootId(): string {
    return readFileSync(join(this.#place.directory, 'boot-id'), 'utf8').trim()
  }

  /** Powers on, with a new boot-id, and starts what systemd or /etc/init.d starts. */
  async boot(): Promise<void> {
    if (this.#init !== null) throw new BedError('HOST_IS_UP', `host ${this.name} is up already`)
    const { directory, networks, network, hostPart, lent } = this.#place
    const write = (file: string, text: string): void => writeFileSync(join(directory, file), text)
    write('hostname', this.name)
    write('boot-id', `${randomUUID()}\n`)
    write('dmi-uuid', `${this.identity.dmiUuid}\n`)
    write(
      'lent',
      Object.entries(lent)
        .map(([from, to]) => `${from} ${to}\n`)
        .join(''),
    )
    await networks.addNode(this.name, network, hostPart)
    if (this.#cuts.length > 0) await applyCuts(this.name, this.#cuts)
    this.#init = await this.#startInit()
    if (this.hasSystemd) return systemdStarted(this.name, (command) => this.exec(command))
    await this.sh(`for script in /etc/init.d/*; do [ ! -x "$script" ] || "$script" start; done`)
  }

  /** Loss of power, at once (H2). */
  async powerOff(): Promise<void> {
    const init = this.#running()
    await this.#place.networks.setLink(this.name, 'down')
    process.kill(init.pid, 'SIGKILL')
    if (init.child.exitCode === null && init.child.signalCode === null)
      await once(init.child, 'exit')
    this.#init = null
    await this.#place.networks.removeNode(this.name)
  }

  /** Runs it as root; resolves with what it said, whatever its status. */
  async exec(
    command: readonly string[],
    options: Omit<CommandOptions, 'env'> & { readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<CommandEnd> {
    const { pid } = this.#running()
    const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', '--root', '--wd']
    const env = { ...ENVIRONMENT, ...options.env }
    const words = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    const args = ['--target', String(pid), ...namespaces, '--', 'env', '-i', ...words, ...command]
    return runAny('nsenter', args, { ...options, env: process.env })
  }

  /** A shell command that has to succeed; resolves with its standard output. Else COMMAND_FAILED. */
  async sh(script: string, options: Parameters<Host['exec']>[1] = {}): Promise<string> {
    const { status, stdout, stderr } = await this.exec(['sh', '-c', script], options)
    if (status === 0) return stdout
    const said = `${stdout}${stderr}`.trim().slice(-3_000)
    throw new BedError('COMMAND_FAILED', `host ${this.name}: ${script}: status ${status}: ${said}`)
  }

  /** Packets to and from there are lost until healed. Adds to what is cut already. */
  async cut(...cuts: readonly Cut[]): Promise<void> {
    this.#cuts = [...this.#cuts, ...cuts]
    if (this.isUp) await applyCuts(this.name, this.#cuts)
  }

  async heal(): Promise<void> {
    this.#cuts = []
    if (this.isUp) await applyCuts(this.name, [])
  }

  /** Clocks of all programs started from now on are off by so much; 0: right again. On a host that is up. */
  async clockOffset(ms: number): Promise<void> {
    if (!existsSync(FAKETIME_LIBRARY)) {
      const message = `${FAKETIME_LIBRARY} is missing: apt-get install faketime`
      throw new BedError('REQUIREMENT_MISSING', message)
    }
    // On the host itself: the kernel does not look again at files that change below a mounted overlay.
    const set = `echo '${ms < 0 ? '' : '+'}${ms / 1000}s' >/etc/faketimerc; echo ${FAKETIME_LIBRARY} >/etc/ld.so.preload`
    await this.sh(ms === 0 ? 'rm -f /etc/ld.so.preload /etc/faketimerc' : set)
  }

  /** Copies the disk while the host is off. */
  async snapshot(name: string): Promise<void> {
    this.#mustBeDown('take a snapshot')
    const target = this.#snapshot(name)
    rmSync(target, { recursive: true, force: true })
    mkdirSync(target, { recursive: true })
    await run('cp', ['-a', `${this.disk}/.`, target])
  }

  /** Puts the disk back to what it was, while the host is off. */
  async restore(name: string): Promise<void> {
    this.#mustBeDown('restore a snapshot')
    const source = this.#snapshot(name)
    if (!existsSync(source)) {
      throw new BedError('NO_SUCH_SNAPSHOT', `host ${this.name} has no snapshot ${name}`)
    }
    rmSync(this.disk, { recursive: true })
    mkdirSync(this.disk)
    await run('cp', ['-a', `${source}/.`, this.disk])
  }

  /** Fills this host's empty disk with the files of another, also of one that runs: but who it is, is its own. */
  async copyDiskOf(other: Host): Promise<void> {
    this.#mustBeDown('copy a disk')
    await run('cp', ['-a', `${other.disk}/.`, this.disk])
    writeIdentity(this.disk, this.identity, this.#place.names)
  }

  #snapshot(name: string): string {
    return join(this.#place.directory, 'snapshots', name)
  }

  #mustBeDown(what: string): void {
    if (this.isUp)
      throw new BedError('HOST_IS_UP', `host ${this.name} is up: power it off to ${what}`)
  }

  #running(): { readonly child: ChildProcess; readonly pid: number } {
    if (this.#init !== null) return this.#init
    throw new BedError('HOST_IS_DOWN', `host ${this.name} is off`)
  }

  async #startInit(): Promise<{ readonly child: ChildProcess; readonly pid: number }> {
    const { directory, baseMask, hasSystemd } = this.#place
    const group = hasSystemd ? makeHostGroup(this.name) : ''
    const namespaces = ['--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child']
    const command = ['unshare', ...namespaces, 'sh', INIT, directory, baseMask, group]
    const child = spawn('nsenter', [`--net=/run/netns/${this.name}`, ...command], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const timer = setTimeout(() => child.kill('SIGKILL'), BOOT_TIMEOUT_MS)
    const first = await new Promise<string | null>((resolve) => {
      createInterface({ input: child.stdout }).once('line', resolve)
      child.once('exit', () => resolve(null))
    })
    clearTimeout(timer)
    if (first !== 'ready' || child.pid === undefined) {
      throw new BedError('COMMAND_FAILED', `host ${this.name} did not boot: ${said.trim()}`)
    }
    // nsenter has become unshare; its only child is the host's process 1.
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
    return { child, pid: Number(children.trim()) }
  }
}
