import type { Command } from 'commander'

import { runEntryPoint } from '../entry-point.ts'
import type { Act } from '../session.ts'
import { DEFAULT_LINK_LISTEN, DEFAULT_SERVER } from '../settings.ts'

interface UpFlags {
  readonly dataDir: string
  readonly listen: string
  readonly linkListen: string
}

/** `sluice up`: the control plane in the foreground. */
export function upCommand(program: Command, act: Act): void {
  program
    .command('up')
    .description('run a control plane in the foreground')
    .option('--data-dir <path>', 'state, keys and certificates', '.sluice/control-plane')
    .option('--listen <host:port>', 'of the API', new URL(DEFAULT_SERVER).host)
    .option('--link-listen <host:port>', 'of the agents', DEFAULT_LINK_LISTEN)
    .action(
      act(async (_session, flags: UpFlags) =>
        runEntryPoint('control-plane', [
          `--data-dir=${flags.dataDir}`,
          `--listen=${flags.listen}`,
          `--link-listen=${flags.linkListen}`,
        ]),
      ),
    )
}
