/** Agents as users bring them to hosts: by the one command that the control plane prints, run there as root. */
import assert from 'node:assert/strict'

import type { CommandEnd } from '../../dev/hosts/command.ts'
import type { Host } from '../../dev/hosts/host.ts'
import { ready } from './agent-by-hand.ts'
import type { World } from './world.ts'

const INSTALL_TIMEOUT_MS = 120_000

export interface InstallOptions {
  readonly group: string
  /** Of `sluice agent add`: what the server shall be. */
  readonly server?: readonly string[]
  /** As `sh -s -- ARGS` hands them to the installer. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a new command of the group on the host; what it said, however it ended. */
export async function runInstaller(
  world: World,
  host: Host,
  { group, server = [], args = [], env = {} }: InstallOptions,
): Promise<CommandEnd> {
  const added = await world.mustSluice('agent', 'add', '--group', group, ...server, '-o', 'json')
  const { command } = JSON.parse(added) as { readonly command: string }
  const script = asRoot(command, args)
  return host.exec(['sh', '-c', script], { env, timeoutMs: INSTALL_TIMEOUT_MS })
}

/** The same where it has to succeed; resolves when the agent may be given work, with its name. */
export async function installAgent(
  world: World,
  host: Host,
  options: InstallOptions,
): Promise<string> {
  const { status, stdout, stderr } = await runInstaller(world, host, options)
  // The status is the shell's: without a script it is 0.
  const isDone = status === 0 && stdout.includes('Available:')
  assert.ok(isDone, `the installer on ${host.name}, status ${status}:\n${stdout}${stderr}`)
  await ready(world, host.name)
  return host.name
}

/** There is no sudo on these hosts, and root needs none. */
function asRoot(command: string, args: readonly string[]): string {
  assert.match(command, /\| sudo \S+ sh$/)
  const tail = args.length === 0 ? 'sh' : `sh -s -- ${args.join(' ')}`
  return command.replace(/sudo \S+ sh$/, tail)
}
