/** The test bed: networks, and hosts and service nodes in them. One an enclosure (enclosure.ts). */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { LocalProcess, type Launch } from '../local-system/local-process.ts'
import { makeBaseMask } from './base.ts'
import { run } from './command.ts'
import { layDownFiles, newIdentity, type HostIdentity, type HostNames } from './host-files.ts'
import { Host } from './host.ts'
import { addressOf, Networks, type NetworkName } from './network.ts'
import { layDownSystemdFolders } from './systemd.ts'

const ROOT = '/run/sluice-bed'
/** Of a host; it takes memory only as far as it is used. */
const DISK_MB_DEFAULT = 4_096
/** Hosts are numbered from here, so that service nodes have fixed addresses. */
const HOST_PART_FIRST = 100

export interface HostOptions {
  readonly diskMb?: number
  /** Paths of the machine → paths on the host, read-only. */
  readonly lent?: Readonly<Record<string, string>>
  /** Process 1 is the machine's own systemd; else a shell that reaps. */
  readonly hasSystemd?: boolean
  readonly identity?: Partial<Pick<HostIdentity, 'dmiUuid' | 'machineId'>>
}

export interface ServiceNodeOptions {
  readonly name: string
  readonly network: NetworkName
  readonly hostPart: number
}

export class Bed {
  readonly networks: Networks
  readonly names: HostNames
  readonly #baseMask: string
  readonly #logDir: string
  #hosts = 0

  private constructor(networks: Networks, baseMask: string, names: HostNames, logDir: string) {
    this.networks = networks
    this.names = names
    this.#baseMask = baseMask
    this.#logDir = logDir
  }

  /** `names`: what stands in every host's /etc/hosts. `logDir`: of the service nodes. */
  static async create(names: HostNames, logDir: string): Promise<Bed> {
    mkdirSync(ROOT, { recursive: true })
    await run('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'bed', ROOT])
    const networks = await Networks.create()
    return new Bed(networks, await makeBaseMask(ROOT), names, logDir)
  }

  /** A directory of the bed, for state that ends with it. */
  directory(name: string): string {
    const path = join(ROOT, name)
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return path
  }

  /** A new host in the IDC, with files of its own; not booted yet. */
  async addHost(name: string, options: HostOptions = {}): Promise<Host> {
    const host = await this.#makeHost(name, options)
    layDownFiles(host.disk, host.identity, this.names)
    if (host.hasSystemd) layDownSystemdFolders(host.disk)
    return host
  }

  /** A copy of the host's disk as it is now, on another host: own address, UUID, machine-id and name. */
  async cloneHost(original: Host, name: string, options: HostOptions = {}): Promise<Host> {
    const host = await this.#makeHost(name, options)
    await host.copyDiskOf(original)
    return host
  }

  async #makeHost(name: string, options: HostOptions): Promise<Host> {
    const hostPart = HOST_PART_FIRST + this.#hosts
    this.#hosts += 1
    const identity = { ...newIdentity(name, addressOf('idc', hostPart)), ...options.identity }
    const directory = this.directory(`hosts/${name}`)
    const disk = join(directory, 'disk')
    mkdirSync(disk)
    const size = `size=${options.diskMb ?? DISK_MB_DEFAULT}m,mode=755`
    await run('mount', ['-t', 'tmpfs', '-o', size, `disk-${name}`, disk])
    mkdirSync(join(disk, 'upper'), { mode: 0o755 })
    mkdirSync(join(disk, 'work'))
    return new Host(identity, {
      directory,
      baseMask: this.#baseMask,
      networks: this.networks,
      network: 'idc',
      hostPart,
      names: this.names,
      lent: options.lent ?? {},
      hasSystemd: options.hasSystemd ?? false,
    })
  }

  /** A node that has only its network to itself: for what hosts talk to. Resolves with its address. */
  async addServiceNode(options: ServiceNodeOptions): Promise<string> {
    return this.networks.addNode(options.name, options.network, options.hostPart)
  }

  /** A process of the repository on that node; started, and ready when it says so. */
  async startService(node: string, launch: () => Omit<Launch, 'within'>): Promise<LocalProcess> {
    const process = new LocalProcess({
      name: node,
      logPath: this.logPath(node),
      launch: () => ({ ...launch(), within: enter(node) }),
      isReady: null,
    })
    process.start()
    await process.ready()
    return process
  }

  logPath(name: string): string {
    return join(this.#logDir, `${name}.log`)
  }
}

/** The command before a command that then runs on the node. */
export function enter(node: string): readonly [string, ...string[]] {
  return ['nsenter', `--net=/run/netns/${node}`]
}
