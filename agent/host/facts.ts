/** What a host says of itself: who it is, over reboots and reinstallations. */
import { readFile } from 'node:fs/promises'
import { arch, hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'

import { usableUuid } from '../../lib/host-uuid.ts'
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import { AGENT_VERSION } from '../version.ts'
import { readCapacity } from './cgroup.ts'

/** Addresses reported; a container host may have hundreds. */
const IPS_MAX = 32

/** Files are read below `root` (`/`), so that tests can lay down their own. */
export async function readHostFacts(root = '/'): Promise<HostFacts> {
  const [capacity, productUuid, machineId, bootId, osRelease] = await Promise.all([
    readCapacity(root),
    readProductUuid(root),
    readTrimmed(join(root, 'etc/machine-id')),
    readTrimmed(join(root, 'proc/sys/kernel/random/boot_id')),
    readTrimmed(join(root, 'etc/os-release')),
  ])
  return {
    dmiUuid: usableUuid(productUuid),
    machineId: /^[0-9a-f]{32}$/.test(machineId) ? machineId : '',
    bootId,
    hostname: hostname(),
    ips: hostIps(),
    cpuCount: Math.max(1, Math.round(capacity.cpuCores)),
    memoryBytes: capacity.memoryBytes,
    os: osName(osRelease),
    arch: arch(),
    nodeVersion: process.version,
    agentVersion: AGENT_VERSION,
    supervisor: process.env['SLUICE_SUPERVISOR'] ?? 'none',
  }
}

/** Addresses by which others may know the host: no loopback, no link-local ones. */
export function hostIps(interfaces = networkInterfaces()): string[] {
  const ips = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address)
  return [...new Set(ips)].slice(0, IPS_MAX)
}

function osName(osRelease: string): string {
  const pretty = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)
  return pretty?.[1] ?? process.platform
}

/** The file of the kernel is root's; for an agent that is not root, the installer's command copies it at each start. */
async function readProductUuid(root: string): Promise<string> {
  const own = await readTrimmed(join(root, 'sys/class/dmi/id/product_uuid'))
  return own === '' ? readTrimmed(join(root, 'run/sluice-agent/product_uuid')) : own
}

/** Absent or unreadable: ''. */
async function readTrimmed(path: string): Promise<string> {
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => '',
  )
}
