/** "Refresh until Available": what a server that was added still lacks. Pure. */
import type { Agent } from '../control-plane/api/shapes/agent.ts'
import type { WaitingServer } from '../control-plane/api/shapes/server.ts'

export type Waiting =
  | { readonly kind: 'done'; readonly message: string }
  | { readonly kind: 'waiting'; readonly message: string }
  /** Waiting longer does not help. */
  | { readonly kind: 'failed'; readonly message: string }

/** @param servers those whose token is not used yet */
export function waitingForAgent(
  name: string,
  agent: Agent | null,
  servers: readonly WaitingServer[],
): Waiting {
  return agent === null ? notEnrolled(name, servers) : enrolledAgent(agent)
}

/** @param agents of the group */
export function waitingForGroup(
  group: string,
  count: number,
  agents: readonly Agent[],
  servers: readonly WaitingServer[],
): Waiting {
  const up = agents.filter(isUp)
  const said = `${up.length} of ${count} agents of group ${group} are available`
  if (up.length >= count) return { kind: 'done', message: `${said}.` }
  const others = agents.filter((agent) => !isUp(agent))
  const missing = [
    ...others.map((agent) => `${agent.name}: ${agent.status}`),
    ...servers.map((server) => `${serverName(server)}: ${installWord(server)}`),
  ]
  const shown = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', …' : '')
  const why = shown === '' ? 'add servers with `sluice agent add`' : shown
  return { kind: 'waiting', message: `${said}: ${why}` }
}

function notEnrolled(name: string, servers: readonly WaitingServer[]): Waiting {
  const server = servers.find((one) => one.name === name)
  if (server?.status === 'Expired') {
    const message = `the token of ${name} was not used in time: add it again with \`sluice agent add\``
    return { kind: 'failed', message }
  }
  const step =
    server === undefined
      ? `there is no agent ${name} yet: add it with \`sluice agent add\`, or wait until its host enrols`
      : `${name} is not installed yet: run the command that \`sluice agent add\` printed on its host`
  return { kind: 'waiting', message: step }
}

function enrolledAgent(agent: Agent): Waiting {
  const { name, status } = agent
  switch (status) {
    case 'Available':
    case 'Busy':
      return { kind: 'done', message: `Agent ${name} is ${status}: ${agent.channels} channels.` }
    case 'Stopped':
    case 'NotInstalled':
      return { kind: 'waiting', message: stoppedMessage(agent) }
    case 'Unreachable':
      return { kind: 'waiting', message: `agent ${name} is silent: its lease is not over yet` }
    case 'Restarted':
      return { kind: 'waiting', message: `agent ${name} has restarted and is not ready yet` }
    case 'Upgrading':
      return { kind: 'waiting', message: `agent ${name} is being upgraded` }
    case 'Draining':
    case 'Drained':
      return {
        kind: 'failed',
        message: `agent ${name} is ${status}: \`sluice agent resume ${name}\` takes it back`,
      }
    case 'Quarantined':
    case 'Revoked':
      return {
        kind: 'failed',
        message: `agent ${name} is ${status}: \`sluice agent show ${name}\``,
      }
  }
}

function stoppedMessage({ name, state }: Agent): string {
  return state === 'enrolled'
    ? `agent ${name} is enrolled and has not connected yet: is its service running?`
    : `agent ${name} is stopped: start its service, and see that its host reaches the control plane`
}

function isUp({ status }: Agent): boolean {
  return status === 'Available' || status === 'Busy'
}

function serverName({ name, ip, uuid, usesLeft }: WaitingServer): string {
  return name ?? ip ?? uuid ?? (usesLeft > 1 ? `${usesLeft} unnamed servers` : 'an unnamed server')
}

function installWord({ status }: WaitingServer): string {
  return status === 'Expired' ? 'not installed, and its token is expired' : 'not installed yet'
}
