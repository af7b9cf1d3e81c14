import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Command → Debian package. */
const TOOLS: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  nft: 'nftables',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  curl: 'curl',
  openssl: 'openssl',
  squid: 'squid',
  faketime: 'faketime',
}
/** Process 1 of hosts that have it; not on every PATH. */
const SYSTEMD = '/lib/systemd/systemd'

/** One sentence that says what is missing on this machine for the test bed; null: nothing. */
export function missingRequirement(wants: { readonly systemd: boolean }): string | null {
  if (process.platform !== 'linux') return 'The test bed of hosts needs Linux.'
  if (process.getuid?.() !== 0) {
    return 'The test bed of hosts needs root: it makes network namespaces and mounts of its own.'
  }
  if (statSync('/usr').dev !== statSync('/').dev) {
    return 'The test bed of hosts needs /usr on the root file system: the hosts look through to both.'
  }
  const missing = Object.entries(TOOLS).filter(([tool]) => !isOnPath(tool))
  if (wants.systemd && !existsSync(SYSTEMD)) missing.push(['systemd', 'systemd'])
  if (missing.length === 0) return null
  const packages = [...new Set(missing.map(([, name]) => name))]
  return `The test bed of hosts needs ${missing.map(([tool]) => tool).join(', ')}: apt-get install ${packages.join(' ')}`
}

function isOnPath(tool: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
