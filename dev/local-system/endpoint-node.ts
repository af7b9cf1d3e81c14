import { fileURLToPath } from 'node:url'

import { LocalProcess } from './local-process.ts'
import { DEFAULT_PROJECT, type LocalSystemOptions } from './options.ts'
import type { StateDir } from './state-dir.ts'

export interface EndpointNode {
  /** Of the REST service, as clients are configured with it. */
  readonly url: string
  readonly tunnelUrl: string
  readonly project: string
  readonly accessId: string
  readonly accessKey: string
  readonly process: LocalProcess
}

/** Fixed: the endpoint is on loopback and lives as long as the demo or the test. */
const ACCESS_ID = 'local-id'
const ACCESS_KEY = 'local-key'

/**
 * Bodies come in pieces of 64 KiB, which only a collection frees. Of a small young space that is a cheap one
 * every few megabytes; of a large one it is a whole collection every 64 MB, a third of the endpoint's time.
 */
const NODE_FLAGS = ['--max-semi-space-size=1']

export function startEndpointNode(
  options: LocalSystemOptions,
  stateDir: StateDir,
  port: number,
): EndpointNode {
  const project = options.project ?? DEFAULT_PROJECT
  const file = fileURLToPath(new URL('../maxcompute/main.ts', import.meta.url))
  const args = [`--port=${port}`, `--data=${stateDir.endpoint}`, '--project', project]
  if (options.discard === true) args.push('--discard')
  if (options.faults === true) args.push('--faults')
  const env = { SLUICE_DEV_MC_ACCESS_ID: ACCESS_ID, SLUICE_DEV_MC_ACCESS_KEY: ACCESS_KEY }
  const process = new LocalProcess({
    name: 'local MaxCompute',
    logPath: stateDir.log('maxcompute'),
    launch: () => ({ file, args, nodeFlags: NODE_FLAGS, env }),
    isReady: null,
  })
  process.start()
  const tunnelUrl = `http://127.0.0.1:${port}`
  return {
    url: `${tunnelUrl}/api`,
    tunnelUrl,
    project,
    accessId: ACCESS_ID,
    accessKey: ACCESS_KEY,
    process,
  }
}
