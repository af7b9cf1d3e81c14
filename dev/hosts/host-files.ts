/** The files that make a host this one: laid down once, on its own disk, before it is first booted. */
import { randomUUID } from 'node:crypto'
import { cpSync, existsSync, lstatSync, mkdirSync, writeFileSync, chmodSync } from 'node:fs'
import { join } from 'node:path'

export interface HostIdentity {
  readonly name: string
  readonly address: string
  /** As the mainboard says it. */
  readonly dmiUuid: string
  /** As /etc/machine-id has it. */
  readonly machineId: string
}

export function newIdentity(name: string, address: string): HostIdentity {
  return { name, address, dmiUuid: randomUUID(), machineId: randomUUID().replaceAll('-', '') }
}

/** Of the machine's /etc: what its programs need to run as they are. */
const COPIED = [
  'alternatives',
  'bash.bashrc',
  'debian_version',
  'default',
  'gai.conf',
  'host.conf',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'login.defs',
  'nsswitch.conf',
  'os-release',
  'pam.conf',
  'pam.d',
  'profile',
  'protocols',
  'security',
  'services',
  'shells',
  'skel',
  'ssl',
]
const RUN_LEVELS = ['0', '1', '2', '3', '4', '5', '6', 'S']
const FOLDERS = [
  ...['init.d', ...RUN_LEVELS.map((level) => `rc${level}.d`)].map((name) => `etc/${name}`),
  ...['backups', 'cache', 'lib', 'lib/misc', 'log', 'mail', 'spool', 'tmp', 'opt'].map(
    (name) => `var/${name}`,
  ),
  'root',
  'tmp',
  'home',
  'opt',
  'srv',
]
const PASSWD = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`
const GROUP = 'root:x:0:\ndaemon:x:1:\nadm:x:4:\ntty:x:5:\nshadow:x:42:\nnogroup:x:65534:\n'
const SHADOW =
  'root:*:20000:0:99999:7:::\ndaemon:*:20000:0:99999:7:::\nnobody:*:20000:0:99999:7:::\n'
const GSHADOW = 'root:*::\ndaemon:*::\nadm:*::\ntty:*::\nshadow:*::\nnogroup:*::\n'

/** `names`: more lines for /etc/hosts, as there is no name server. */
export function layDownFiles(root: string, identity: HostIdentity, names: HostNames): void {
  for (const folder of FOLDERS) mkdirSync(join(root, folder), { recursive: true })
  chmodSync(join(root, 'root'), 0o700)
  chmodSync(join(root, 'tmp'), 0o1777)
  chmodSync(join(root, 'var/tmp'), 0o1777)
  for (const name of COPIED) copyFromMachine(root, name)
  const write = (name: string, text: string, mode = 0o644): void => {
    writeFileSync(join(root, 'etc', name), text, { mode })
    chmodSync(join(root, 'etc', name), mode)
  }
  write('passwd', PASSWD)
  write('group', GROUP)
  write('shadow', SHADOW, 0o640)
  write('gshadow', GSHADOW, 0o640)
  write('subuid', '')
  write('subgid', '')
  // As on any host on which users were made before: what keeps backups and locks has them already.
  write('passwd-', PASSWD)
  write('group-', GROUP)
  write('shadow-', SHADOW, 0o640)
  write('gshadow-', GSHADOW, 0o640)
  write('subuid-', '')
  write('subgid-', '')
  write('.pwd.lock', '', 0o600)
  // Nobody answers there: DNS is refused at once.
  write('resolv.conf', 'nameserver 127.0.0.53\noptions timeout:1 attempts:1\n')
  for (const log of ['lastlog', 'faillog', 'wtmp']) writeFileSync(join(root, 'var/log', log), '')
  writeIdentity(root, identity, names)
}

/** Name → address. */
export type HostNames = Readonly<Record<string, string>>

/** What another disk with the same files must have otherwise. */
export function writeIdentity(root: string, identity: HostIdentity, names: HostNames): void {
  const { name, address, machineId } = identity
  const lines = [`127.0.0.1 localhost`, `${address} ${name}`]
  for (const [other, at] of Object.entries(names)) lines.push(`${at} ${other}`)
  writeFileSync(join(root, 'etc/hosts'), `${lines.join('\n')}\n`)
  writeFileSync(join(root, 'etc/hostname'), `${name}\n`)
  writeFileSync(join(root, 'etc/machine-id'), `${machineId}\n`)
}

function copyFromMachine(root: string, name: string): void {
  const from = join('/etc', name)
  // A link is copied as one: os-release, localtime and all alternatives are.
  if (!existsSync(from) && lstatSync(from, { throwIfNoEntry: false }) === undefined) return
  cpSync(from, join(root, 'etc', name), {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
  })
}
