/** An HTTP proxy with user name and password, as IDCs have it: hosts reach the control plane through CONNECT. */
import { spawn } from 'node:child_process'
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { BedError } from './bed-error.ts'
import { enter } from './bed.ts'
import { run } from './command.ts'

const READY_TIMEOUT_MS = 20_000
const POLL_MS = 50
/** As Debian's package has it. */
const AUTH_HELPER = '/usr/lib/squid/basic_ncsa_auth'

export interface SquidOptions {
  readonly node: string
  readonly address: string
  readonly port: number
  readonly directory: string
  readonly user: string
  readonly password: string
}

/** Starts it on the node; resolves when it listens. It ends with the enclosure. */
export async function startSquid(options: SquidOptions): Promise<void> {
  const { node, address, port, directory } = options
  mkdirSync(directory, { recursive: true })
  const hash = (await run('openssl', ['passwd', '-apr1', options.password])).trim()
  writeFileSync(join(directory, 'passwords'), `${options.user}:${hash}\n`)
  writeFileSync(join(directory, 'squid.conf'), configuration(options))
  const owner = proxyUser()
  chownSync(directory, owner.uid, owner.gid)
  const [file, ...within] = enter(node)
  const command = ['squid', '-N', '-f', join(directory, 'squid.conf')]
  const child = spawn(file, [...within, ...command], { stdio: 'ignore' })
  const startedMs = performance.now()
  while (!(await listens(address, port))) {
    if (child.exitCode !== null || performance.now() - startedMs > READY_TIMEOUT_MS) {
      const log = readFileSync(join(directory, 'cache.log'), 'utf8').slice(-2_000)
      throw new BedError('COMMAND_FAILED', `squid on ${node} does not listen: ${log}`)
    }
    await sleep(POLL_MS)
  }
}

function configuration({ address, port, directory }: SquidOptions): string {
  return `http_port ${address}:${port}
visible_hostname proxy
auth_param basic program ${AUTH_HELPER} ${directory}/passwords
auth_param basic children 1
acl known proxy_auth REQUIRED
http_access allow CONNECT known
http_access deny all
cache deny all
cache_log ${directory}/cache.log
access_log stdio:${directory}/access.log
pid_filename none
pinger_enable off
connect_timeout 3 seconds
connect_retries 5
shutdown_lifetime 0 seconds
`
}

/** Of /etc/passwd: squid changes to it. */
function proxyUser(): { readonly uid: number; readonly gid: number } {
  const fields = /^proxy:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))
  if (fields === null)
    throw new BedError('REQUIREMENT_MISSING', 'there is no user proxy: apt-get install squid')
  return { uid: Number(fields[1]), gid: Number(fields[2]) }
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
