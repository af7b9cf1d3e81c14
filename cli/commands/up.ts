import { type Command, InvalidArgumentError } from 'commander'

import { runLocalPlane } from '../local-plane.ts'
import { repeated } from '../read-input.ts'
import type { Act } from '../session.ts'

/** More are better started on hosts of their own. */
const LOCAL_AGENTS_MAX = 16

interface UpFlags {
  readonly dataDir: string
  readonly listen?: string
  readonly linkListen?: string
  readonly installListen?: string
  readonly bundleDir?: string
  readonly hostName?: readonly string[]
  readonly timeZone?: string
  readonly withAgent: number
}

/** `sluice up`: the control plane in the foreground. */
export function upCommand(program: Command, act: Act): void {
  program
    .command('up')
    .description('run a control plane in the foreground; DATABASE_URL names a PostgreSQL server')
    .option('--data-dir <path>', 'state, keys and certificates', '.sluice/control-plane')
    .option(
      '--listen <host:port>',
      'of the API (default: 127.0.0.1:7420); HTTPS unless it is loopback',
    )
    .option('--link-listen <host:port>', 'of the agent link (default: 0.0.0.0:7421)')
    .option(
      '--install-listen <host:port>',
      'where hosts fetch the installer (default: 0.0.0.0:7422; off: nowhere)',
    )
    .option('--bundle-dir <path>', 'bundles of the agent built elsewhere (npm run bundle)')
    .option(
      '--host-name <name>',
      'name or address by which hosts reach it; may be repeated',
      repeated,
    )
    .option('--time-zone <name>', 'of jobs that name none (default: Asia/Shanghai)')
    .option('--with-agent <count>', 'built-in agents, in group default; 0: none', agentCount, 1)
    .action(
      act(async (session, flags: UpFlags) => {
        const args = [
          ...flag('listen', flags.listen),
          ...flag('link-listen', flags.linkListen),
          ...flag('install-listen', flags.installListen),
          ...flag('bundle-dir', flags.bundleDir),
          ...(flags.hostName ?? []).flatMap((name) => flag('host-name', name)),
          ...flag('time-zone', flags.timeZone),
        ]
        const { dataDir, withAgent: agents } = flags
        return runLocalPlane({ dataDir, args, agents, say: session.err })
      }),
    )
}

function flag(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`--${name}=${value}`]
}

function agentCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 0 && count <= LOCAL_AGENTS_MAX) return count
  throw new InvalidArgumentError(`a number from 0 to ${LOCAL_AGENTS_MAX}`)
}
