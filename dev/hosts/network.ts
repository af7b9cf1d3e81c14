/**
 * Two networks, a bridge each, and the router between them, which has a network namespace of its own:
 *
 *   cloud  10.77.1.0/24   the control plane
 *   idc    10.77.2.0/24   agents' hosts, Kafka, the MaxCompute endpoint
 *
 * N1. From idc one may open connections to what is listed as a service in cloud, and to nothing else.
 *     The router hides the addresses of idc behind its own (as an IDC's gateway does), and nodes in
 *     cloud have no route to idc: they can answer, and never call.
 * N2. There is no way out: neither router nor nodes have a route to anywhere else.
 */
import { run } from './command.ts'

export type NetworkName = 'cloud' | 'idc'

const PREFIX: Readonly<Record<NetworkName, string>> = { cloud: '10.77.1', idc: '10.77.2' }
const ROUTER = 'router'
const ROUTER_HOST_PART = 1
/** The driver itself stands in both: as the person who looks after the test does. */
const DRIVER_HOST_PART = 2

export interface Service {
  readonly address: string
  readonly port: number
}

/** Connections from this host to the service go to another address instead. */
export interface Diversion {
  readonly from: string
  readonly service: Service
  readonly to: Service
}

export class Networks {
  #linkNumber = 0
  #services: readonly Service[] = []
  #diversions: readonly Diversion[] = []

  /** Inside an enclosure only: there must be nothing of these names yet. */
  static async create(): Promise<Networks> {
    const networks = new Networks()
    await run('mkdir', ['-p', '/run/netns'])
    await run('mount', ['-t', 'tmpfs', 'netns', '/run/netns'])
    await run('ip', ['link', 'set', 'lo', 'up'])
    await run('ip', ['netns', 'add', ROUTER])
    await ip(ROUTER, 'link set lo up')
    for (const name of ['cloud', 'idc'] as const) {
      await ip(ROUTER, `link add ${name} type bridge`)
      await ip(ROUTER, `addr add ${PREFIX[name]}.${ROUTER_HOST_PART}/24 dev ${name}`)
      await ip(ROUTER, `link set ${name} up`)
      await networks.#attachDriver(name)
    }
    const forward = 'echo 1 > /proc/sys/net/ipv4/ip_forward'
    await run('ip', ['netns', 'exec', ROUTER, 'sh', '-c', forward])
    await networks.#applyRules()
    return networks
  }

  /** Makes the network namespace of a node, with eth0 in the network; resolves with its address. */
  async addNode(node: string, network: NetworkName, hostPart: number): Promise<string> {
    const address = addressOf(network, hostPart)
    await run('ip', ['netns', 'add', node])
    await ip(node, 'link set lo up')
    const port = this.#nextPort()
    // The hardware address follows from the IP address, as a host keeps its card over a reboot.
    const mac = `02:77:00:00:${network === 'idc' ? '02' : '01'}:${hostPart.toString(16).padStart(2, '0')}`
    await ip(node, `link add eth0 address ${mac} type veth peer name ${port} netns ${ROUTER}`)
    await ip(ROUTER, `link set ${port} master ${network} up`)
    await ip(node, `addr add ${address}/24 dev eth0`)
    await ip(node, 'link set eth0 up')
    if (network === 'idc') await ip(node, `route add default via ${PREFIX.idc}.${ROUTER_HOST_PART}`)
    return address
  }

  async removeNode(node: string): Promise<void> {
    await run('ip', ['netns', 'delete', node])
  }

  async setLink(node: string, state: 'up' | 'down'): Promise<void> {
    await ip(node, `link set eth0 ${state}`)
  }

  /** N1: what of cloud idc may call. */
  async allow(services: readonly Service[]): Promise<void> {
    this.#services = services
    await this.#applyRules()
  }

  async divert(diversions: readonly Diversion[]): Promise<void> {
    this.#diversions = diversions
    await this.#applyRules()
  }

  async #attachDriver(network: NetworkName): Promise<void> {
    const port = this.#nextPort()
    const own = `to-${network}`
    await run('ip', ['link', 'add', own, 'type', 'veth', 'peer', 'name', port, 'netns', ROUTER])
    await ip(ROUTER, `link set ${port} master ${network} up`)
    await run('ip', ['addr', 'add', `${addressOf(network, DRIVER_HOST_PART)}/24`, 'dev', own])
    await run('ip', ['link', 'set', own, 'up'])
  }

  #nextPort(): string {
    this.#linkNumber += 1
    return `port${this.#linkNumber}`
  }

  async #applyRules(): Promise<void> {
    const rules = routerRules(this.#services, this.#diversions)
    await run('ip', ['netns', 'exec', ROUTER, 'nft', '-f', '-'], { stdin: rules })
  }
}

/** Forwarded packets only: the router's own addresses answer pings, and refuse connections. */
function routerRules(services: readonly Service[], diversions: readonly Diversion[]): string {
  const allowed = services.map(
    ({ address, port }) => `    iifname "idc" ip daddr ${address} tcp dport ${port} accept`,
  )
  const diverted = diversions.map(
    ({ from, service, to }) =>
      `    ip saddr ${from} ip daddr ${service.address} tcp dport ${service.port} dnat ip to ${to.address}:${to.port}`,
  )
  return `table inet bed {}
delete table inet bed
table inet bed {
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    ct status dnat accept
    # Where the kernel shows bridged packets to this hook too: neighbours see each other.
    iifname "cloud" oifname "cloud" accept
    iifname "idc" oifname "idc" accept
${allowed.join('\n')}
    iifname "idc" reject with icmpx admin-prohibited
  }
  chain before {
    type nat hook prerouting priority dstnat
${diverted.join('\n')}
  }
  chain after {
    type nat hook postrouting priority srcnat
    ip saddr ${PREFIX.idc}.0/24 ip daddr ${PREFIX.cloud}.0/24 masquerade
  }
}
`
}

export function addressOf(network: NetworkName, hostPart: number): string {
  return `${PREFIX[network]}.${hostPart}`
}

async function ip(node: string, words: string): Promise<void> {
  await run('ip', ['-n', node, ...words.split(' ')])
}
