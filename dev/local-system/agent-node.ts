import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { ApiClient } from '../../cli/client.ts'
import { LocalProcess } from './local-process.ts'

/** As `sluice agent run` starts it. */
const NODE_FLAGS = ['--max-semi-space-size=2']

export interface AgentNode {
  readonly name: string
  readonly stateDir: string
  readonly process: LocalProcess
}

export interface AgentNodeOptions {
  readonly client: ApiClient
  readonly name: string
  readonly group: string
  readonly linkAddress: string
  readonly stateDir: string
  readonly logPath: string
  readonly channels: number
  readonly logLevel: string
  /** More of them. */
  readonly flags: readonly string[]
}

/** Enrols an agent with a token of its own (unless its state directory knows who it is) and starts it. */
export async function startAgentNode(options: AgentNodeOptions): Promise<AgentNode> {
  const { client, name, group, stateDir } = options
  const file = fileURLToPath(new URL('../../agent/main.ts', import.meta.url))
  const args = [
    'run',
    `--link=${options.linkAddress}`,
    `--state-dir=${stateDir}`,
    `--channels=${options.channels}`,
    `--name=${name}`,
    `--log-level=${options.logLevel}`,
    ...options.flags,
  ]
  const isEnrolled = (): boolean => existsSync(join(stateDir, 'identity.json'))
  const token = isEnrolled() ? '' : (await client.createEnrolToken(group)).token
  const process = new LocalProcess({
    name: `agent ${name}`,
    logPath: options.logPath,
    launch: () => {
      // Once it is enrolled, the token is used up.
      const env = isEnrolled() ? {} : { SLUICE_ENROL_TOKEN: token }
      return { file, args, nodeFlags: NODE_FLAGS, env }
    },
    isReady: async () => (await client.showAgent(name)).ready,
  })
  process.start()
  return { name, stateDir, process }
}
