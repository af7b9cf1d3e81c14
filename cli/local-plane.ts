/** A control plane, and agents beside it when they are wanted, as children of `sluice up`. */
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

import { ApiClient } from './client.ts'
import { agentEnvironment, exitOf, onStopSignal, spawnEntryPoint } from './entry-point.ts'
import type { ExitCode } from './exit-codes.ts'

/** The group of agents that `up` starts. The control plane makes it at its first start. */
const DEFAULT_GROUP = 'default'
/** They share the host with the control plane: for a first try and small jobs. */
const BUILT_IN_CHANNELS = 2

export interface LocalPlaneOptions {
  readonly dataDir: string
  /** For the control plane, as they are. */
  readonly args: readonly string[]
  readonly agents: number
  readonly say: (line: string) => void
}

interface Ready {
  readonly api: string
  readonly link: string
}

/** Runs until it is stopped by a signal or the control plane ends; its exit code becomes ours. */
export async function runLocalPlane(options: LocalPlaneOptions): Promise<ExitCode> {
  const args = [`--data-dir=${options.dataDir}`, ...options.args]
  const plane = spawnEntryPoint('control-plane', args, { stdout: 'pipe' })
  const agents: ChildProcess[] = []
  let stops = 0
  const remove = onStopSignal(() => {
    stops++
    const all = [...agents, plane]
    if (stops > 1) for (const child of all) child.kill('SIGKILL')
    else void stopInOrder(agents, plane)
  })
  try {
    const ready = await readyLine(plane)
    if (ready === null) return await exitOf(plane)
    describe(options, ready)
    if (options.agents > 0) agents.push(...(await startAgents(options, ready)))
    return await exitOf(plane)
  } finally {
    remove()
    for (const child of [...agents, plane]) child.kill('SIGTERM')
  }
}

/** Agents first: they hand in their results while there is somebody to take them. */
async function stopInOrder(agents: readonly ChildProcess[], plane: ChildProcess): Promise<void> {
  for (const agent of agents) agent.kill('SIGTERM')
  await Promise.all(agents.map(exitOf))
  plane.kill('SIGTERM')
}

/** The control plane's one line on stdout; null when it ends without having said it. */
async function readyLine(plane: ChildProcess): Promise<Ready | null> {
  if (plane.stdout === null) return null
  for await (const line of createInterface({ input: plane.stdout })) {
    const said = parseLine(line)
    if (said?.ready === true) return { api: said.api ?? '', link: said.link ?? '' }
    process.stdout.write(`${line}\n`)
  }
  return null
}

function parseLine(line: string): ({ ready?: boolean } & Partial<Ready>) | null {
  try {
    return JSON.parse(line) as { ready?: boolean } & Partial<Ready>
  } catch {
    return null
  }
}

function describe({ dataDir, say }: LocalPlaneOptions, ready: Ready): void {
  const file = (name: string): string => resolve(dataDir, name)
  say(`Control plane: ${ready.api}, agents connect to ${ready.link}. In another shell:`)
  say(`  export SLUICE_SERVER=${ready.api} SLUICE_TOKEN_FILE=${file('admin.token')}`)
  if (ready.api.startsWith('https:')) say(`  export SLUICE_CA_FILE=${file('tls/ca.pem')}`)
}

async function startAgents(options: LocalPlaneOptions, ready: Ready): Promise<ChildProcess[]> {
  const { dataDir, say } = options
  if (ready.api.startsWith('https:')) {
    const ca = readFileSync(join(dataDir, 'tls/ca.pem'), 'utf8')
    setDefaultCACertificates([...getCACertificates('default'), ca])
  }
  const token = readFileSync(join(dataDir, 'admin.token'), 'utf8').trim()
  const client = new ApiClient({ server: ready.api, token })
  const agents: ChildProcess[] = []
  for (let number = 1; number <= options.agents; number++) {
    const name = number === 1 ? 'built-in' : `built-in-${number}`
    const stateDir = join(dirname(resolve(dataDir)), 'agents', name)
    const env = {
      ...agentEnvironment(process.env),
      ...(await enrolEnvironment(client, name, stateDir)),
    }
    const args = [
      'run',
      `--state-dir=${stateDir}`,
      `--link=${ready.link}`,
      `--name=${name}`,
      `--channels=${BUILT_IN_CHANNELS}`,
    ]
    const agent = spawnEntryPoint('agent', args, { env })
    void exitOf(agent).then((code) => say(`Agent ${name} has ended with ${code}.`))
    agents.push(agent)
  }
  return agents
}

/** An agent that is enrolled already needs no token, and an unused one would be listed as a server. */
async function enrolEnvironment(
  client: ApiClient,
  name: string,
  stateDir: string,
): Promise<NodeJS.ProcessEnv> {
  const isKnown = (await client.listAgents()).items.some((one) => one.name === name)
  if (isKnown && existsSync(stateDir)) return {}
  const { token } = await client.createEnrolToken(DEFAULT_GROUP)
  return { SLUICE_ENROL_TOKEN: token }
}
