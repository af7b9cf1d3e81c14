/**
 * The whole system as processes on this machine: Kafka, MaxCompute, control plane and agents. For the
 * demo, the tests over several processes, the failure tests and the benchmark.
 *
 * Whatever happens to the process that started it, no process of it is left (reaper.ts).
 */
import { readFileSync } from 'node:fs'

import { ApiClient } from '../../cli/client.ts'
import { startAgentNode, type AgentNode } from './agent-node.ts'
import { startControlPlaneNode, type ControlPlaneNode } from './control-plane-node.ts'
import { startEndpointNode, type EndpointNode } from './endpoint-node.ts'
import { startKafkaNode, type KafkaNode } from './kafka-node.ts'
import type { LocalProcess } from './local-process.ts'
import {
  DEFAULT_AGENTS,
  DEFAULT_CHANNELS,
  DEFAULT_GROUP,
  type LocalSystemOptions,
} from './options.ts'
import { StateDir } from './state-dir.ts'

export interface LocalSystem {
  readonly stateDir: string
  readonly kafka: KafkaNode
  readonly endpoint: EndpointNode
  readonly controlPlane: ControlPlaneNode
  /** In the order of their start; addAgent appends. */
  readonly agents: readonly AgentNode[]
  readonly group: string
  /** As the API's first user. */
  readonly client: ApiClient
  /** Enrols and starts one more agent in the system's group; resolves when it may be given work. */
  addAgent(name?: string): Promise<AgentNode>
  /** Orderly: agents, control plane, endpoint, Kafka. State stays. */
  stop(): Promise<void>
}

/**
 * Starts everything; resolves when every agent may be given work. Rejects with LocalSystemError when a
 * process does not start, or with an Error that says what to install when there is no Java or Maven.
 */
export async function startLocalSystem(options: LocalSystemOptions): Promise<LocalSystem> {
  const { signal } = options
  const started: LocalProcess[] = []
  const killAll = (): void => void Promise.all(started.map((process) => process.kill()))
  signal?.addEventListener('abort', killAll)
  try {
    return await start(options, started)
  } catch (error) {
    await Promise.all(started.map((process) => process.kill()))
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', killAll)
  }
}

async function start(options: LocalSystemOptions, started: LocalProcess[]): Promise<LocalSystem> {
  const step = options.onStep ?? (() => {})
  const stateDir = new StateDir(options.stateDir)
  const ports = await stateDir.ports()
  step('Kafka, MaxCompute and control plane')
  const kafka = await startKafkaNode(options, stateDir, ports.kafka)
  if (kafka.process !== null) started.push(kafka.process)
  const endpoint = startEndpointNode(options, stateDir, ports.endpoint)
  const controlPlane = startControlPlaneNode(options, stateDir, ports)
  started.push(endpoint.process, controlPlane.process)
  await Promise.all(started.map((process) => process.ready()))
  options.signal?.throwIfAborted()

  const token = readFileSync(controlPlane.tokenFile, 'utf8').trim()
  const client = new ApiClient({ server: controlPlane.apiUrl, token })
  const group = options.group ?? DEFAULT_GROUP
  await ensureGroup(client, group)
  const agents: AgentNode[] = []
  const addAgent = async (name = `${group}-${agents.length + 1}`): Promise<AgentNode> => {
    const agent = await startAgentNode({
      client,
      name,
      group,
      linkAddress: controlPlane.linkAddress,
      stateDir: stateDir.agent(name),
      logPath: stateDir.log(name),
      channels: options.channels ?? DEFAULT_CHANNELS,
      logLevel: options.logLevel ?? 'info',
      flags: options.agentFlags ?? [],
    })
    agents.push(agent)
    started.push(agent.process)
    await agent.process.ready()
    return agent
  }
  const wanted = options.agents ?? DEFAULT_AGENTS
  if (wanted > 0) step(`${wanted} ${wanted === 1 ? 'agent' : 'agents'} of resource group ${group}`)
  const names = Array.from({ length: wanted }, (_, i) => `${group}-${i + 1}`)
  await Promise.all(names.map((name) => addAgent(name)))
  agents.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name))

  const stop = async (): Promise<void> => {
    await Promise.all(agents.map((agent) => agent.process.stop()))
    await controlPlane.process.stop()
    await Promise.all([endpoint.process.stop(), kafka.process?.stop()])
  }
  const root = stateDir.root
  return { stateDir: root, kafka, endpoint, controlPlane, agents, group, client, addAgent, stop }
}

async function ensureGroup(client: ApiClient, group: string): Promise<void> {
  const { items } = await client.listGroups()
  if (!items.some((one) => one.name === group)) await client.createGroup(group)
}
