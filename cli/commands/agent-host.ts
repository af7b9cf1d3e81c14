/** What concerns an agent's host: its doctor, and the installer to carry there. */
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'

import { type Command, Option } from 'commander'

import type { HostCheckShape } from '../../control-plane/api/shapes/host.ts'
import { EXIT } from '../exit-codes.ts'
import { formatBytes } from '../format.ts'
import type { Act } from '../session.ts'

export function agentHostCommands(agent: Command, act: Act): void {
  agent
    .command('doctor <name>')
    .description('have an agent check its host and its way to the control plane')
    .option('--json', 'as JSON')
    .action(
      act(async (session, name: string, how: { json?: boolean }) => {
        const { checks } = await session.client.agentDoctor(name)
        if (how.json === true) session.out(JSON.stringify({ checks }, null, 2))
        else for (const check of checks) session.out(checkLine(check))
        return checks.some(({ outcome }) => outcome === 'fail') ? EXIT.failed : EXIT.ok
      }),
    )
  agent
    .command('bundle')
    .description('write the installer as one file, for a host that cannot reach the web port')
    .addOption(
      new Option('--arch <arch>', "the host's architecture")
        .choices(['x64', 'arm64'])
        .default('x64'),
    )
    .option('--output <file>', 'where to', 'sluice-agent.run')
    .action(
      act(async (session, how: { arch: 'x64' | 'arm64'; output: string }) => {
        const response = await session.client.installer(how.arch)
        const bytes = await save(response, how.output)
        session.err(
          `${how.output}, ${formatBytes(bytes)}. On the host: export SLUICE_ENROL_TOKEN='...'; sudo --preserve-env=SLUICE_ENROL_TOKEN sh ${how.output}`,
        )
      }),
    )
}

/** As the host's own `sluice-agent doctor` says it. */
function checkLine({ name, outcome, detail, advice }: HostCheckShape): string {
  const word = outcome === 'fail' ? 'FAIL' : outcome
  return `${word.padEnd(4)}  ${name.padEnd(12)}  ${advice === '' ? detail : `${detail}: ${advice}`}`
}

/** A file that is there is whole. */
async function save(response: Response, path: string): Promise<number> {
  const temporary = `${path}.${process.pid}.new`
  try {
    const body = Readable.fromWeb(response.body as ReadableStream)
    const file = createWriteStream(temporary, { mode: 0o755 })
    await pipeline(body, file)
    await rename(temporary, path)
    return file.bytesWritten
  } finally {
    await rm(temporary, { force: true })
  }
}
