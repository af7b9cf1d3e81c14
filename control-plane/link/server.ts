/**
 * The control plane's end of the agent link: a gRPC server with TLS, and what the rest of the
 * control plane asks of agents.
 */
import { Server } from '@grpc/grpc-js'
import type { Logger } from 'pino'

import type { Clock } from '../../lib/clock.ts'
import { MESSAGE_BYTES_MAX } from '../../proto/link-limits.ts'
import type { Audit } from '../audit/audit.ts'
import type {
  AgentLink,
  AgentRestart,
  LinkFigures,
  ReadyAgent,
  WorkEvents,
} from '../run/link-port.ts'
import { AgentCertificates } from '../tls/agent-certificates.ts'
import { LinkCredentials } from '../tls/link-credentials.ts'
import type { ServerTls } from '../tls/server-tls.ts'
import { NO_UPGRADES } from '../upgrade/upgrade-port.ts'
import type { UpgradeEvents, UpgradeLink } from '../upgrade/upgrade-port.ts'
import { AdmissionGate } from './admission-gate.ts'
import { agentHealth } from './agent-health.ts'
import { becomeLost } from './agent-presence.ts'
import { AssignLatency } from './assign-latency.ts'
import { assign, cancel, updateSpeed } from './assignment.ts'
import { BeatPace } from './beat-pace.ts'
import { BeatWriter } from './beat-writer.ts'
import { meetKnownAgents } from './known-agents.ts'
import { startLeaseSweep } from './lease-sweep.ts'
import type { LinkContext } from './link-context.ts'
import { addLinkService } from './link-service.ts'
import type { LinkService } from './link-service.ts'
import { linkSettingsProblem } from './link-settings.ts'
import type { LinkSettings } from './link-settings.ts'
import type { LinkStore } from './link-store.ts'
import { startListener } from './listener.ts'
import type { Listener } from './listener.ts'
import { loopBusy } from './loop-busy.ts'
import { Registry } from './registry.ts'

/**
 * HTTP/2 pings find connections whose other end is gone and whose session is over already; of thousands
 * of agents they cost as much as a tenth of the beats, which keep the way open. Liveness is the
 * heartbeat's matter: a host that is too busy to answer a ping is alive, so the answer may take longer
 * than a lease.
 */
const KEEPALIVE_MS = 10 * 60_000
const KEEPALIVE_TIMEOUT_MS = 60_000
/** How long calls may finish after GoAway, when the server stops. */
const SHUTDOWN_MS = 3_000

export interface LinkServerOptions {
  /** Address to listen on, e.g. `0.0.0.0`. */
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly tls: ServerTls
  readonly settings: LinkSettings
  readonly store: LinkStore
  readonly clock: Clock
  /** 0 <= x < 1. */
  readonly random: () => number
  readonly audit: Audit
  /** Ed25519 public key that agents check bundles with; none when it is left out. */
  readonly releaseKeyPem?: string
  /** Answers to orders, and bundles; none of both when it is left out. */
  readonly upgrades?: UpgradeEvents
  readonly log: Logger
}

/** Wall clock. */
interface ShownBeat {
  readonly heartbeat: unknown
  readonly atMs: number
  readonly leaseUntilMs: number
}

/** `assign`, `cancel` and `readyAgents` may be called before `listen`: then there are no agents. */
export interface LinkServer extends AgentLink, UpgradeLink {
  /** Also of an agent that is not ready; its id when this process has not heard of it. */
  agentName(agentId: string): string
  /** Channels without a slice; 0 when the agent is not ready. */
  freeChannels(agentId: string): number
  linkFigures(): LinkFigures
  /** null: none since this process started. Wall clock. */
  lastBeat(agentId: string): ShownBeat | null
  /** null: not since this process started. */
  lastRestart(agentId: string): AgentRestart | null
  /**
   * Gives every known agent a full fresh lease, then takes connections; resolves with the port.
   * Rejects when the address cannot be bound or the store cannot be read.
   */
  listen(events: WorkEvents): Promise<number>
  /**
   * The agent finishes what runs and takes nothing new, now or when it comes back. What still runs at the
   * deadline is given back. Of one that drains already: it gets the new deadline.
   */
  drain(agentId: string, deadlineMs?: number): Promise<void>
  /** Takes a drain back. */
  resume(agentId: string): Promise<void>
  /** For good: the key is never accepted again, and the live session ends at once. */
  revoke(agentId: string): Promise<void>
  /** Asks all agents to come back soon, ends their streams and stops listening. */
  close(): Promise<void>
}

export function createLinkServer(options: LinkServerOptions): LinkServer {
  const problem = linkSettingsProblem(options.settings)
  if (problem !== null) throw new RangeError(`link settings: ${problem}`)
  return new GrpcLinkServer(options)
}

class GrpcLinkServer implements LinkServer {
  readonly #options: LinkServerOptions
  readonly #registry: Registry
  readonly #beats: BeatWriter
  #context: LinkContext | null = null
  #service: LinkService | null = null
  #server: Server | null = null
  #listener: Listener | null = null
  #stopSweep: () => void = () => {}

  constructor(options: LinkServerOptions) {
    this.#options = options
    this.#registry = new Registry((agentId, error) =>
      options.log.error({ err: error, agentId }, 'an event of an agent failed'),
    )
    const { store, clock, settings, log } = options
    this.#beats = new BeatWriter({ store, clock, leaseMs: settings.leaseMs, log })
  }

  async listen(events: WorkEvents): Promise<number> {
    const { settings, store, clock, audit, log, tls, host, port } = this.#options
    const registry = this.#registry
    const beats = this.#beats
    const gate = new AdmissionGate(this.#options.random)
    const latency = new AssignLatency()
    const certificates = await AgentCertificates.open({
      certPem: tls.caPem,
      keyPem: tls.caKeyPem,
    })
    const link: LinkContext = {
      settings,
      clock,
      store,
      events,
      registry,
      beats,
      pace: new BeatPace(settings),
      gate,
      latency,
      certificates,
      caFingerprint: tls.caFingerprint,
      releaseKeyPem: this.#options.releaseKeyPem ?? '',
      upgrades: this.#options.upgrades ?? NO_UPGRADES,
      audit,
      log,
    }
    this.#context = link
    await meetKnownAgents(link)
    const server = new Server({
      'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
      'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
      'grpc.keepalive_permit_without_calls': 1,
      'grpc.enable_channelz': 0, // nobody reads it, and it counts every frame of every agent
    })
    this.#service = addLinkService(server, link, (agentId) => this.revoke(agentId))
    this.#listener = await startListener(server, new LinkCredentials(tls), { host, port }, log)
    this.#server = server
    const { port: bound } = this.#listener
    this.#stopSweep = startLeaseSweep(link, loopBusy())
    this.#beats.start()
    log.info({ host, port: bound }, 'agent link listens')
    return bound
  }

  assign(...[agentId, work]: Parameters<AgentLink['assign']>): boolean {
    return this.#context !== null && assign(this.#context, agentId, work)
  }

  cancel(...[agentId, ref, reason]: Parameters<AgentLink['cancel']>): void {
    if (this.#context !== null) cancel(this.#context, agentId, ref, reason)
  }

  updateSpeed(...[agentId, ref, rate]: Parameters<AgentLink['updateSpeed']>): boolean {
    return this.#context !== null && updateSpeed(this.#context, agentId, ref, rate)
  }

  readyAgents(): ReturnType<AgentLink['readyAgents']> {
    return this.#registry.ready.all()
  }

  readyAgentsOf(groupId: number): readonly ReadyAgent[] {
    return this.#registry.ready.ofGroup(groupId)
  }

  isReady(agentId: string): boolean {
    return this.#registry.ready.has(agentId)
  }

  linkFigures(): LinkFigures {
    const link = this.#context
    const agentsReady = this.#registry.ready.all().length
    if (link === null) {
      return { agentsReady, helloWaiting: 0, accepted: 0, assignP50Ms: null, assignP99Ms: null }
    }
    const { accepted, p50Ms, p99Ms } = link.latency.figures(link.clock.monotonicMs())
    const helloWaiting = link.gate.waiting
    return { agentsReady, helloWaiting, accepted, assignP50Ms: p50Ms, assignP99Ms: p99Ms }
  }

  lastBeat(agentId: string): ShownBeat | null {
    const record = this.#registry.get(agentId)
    if (record === undefined || record.lastBeat === null) return null
    const { heartbeat, atMs } = record.lastBeat
    const { leaseMs } = record.told ?? this.#options.settings
    return { heartbeat, atMs, leaseUntilMs: atMs + leaseMs }
  }

  lastRestart(agentId: string): AgentRestart | null {
    return this.#registry.get(agentId)?.restart ?? null
  }

  freeChannels(agentId: string): number {
    return this.#registry.get(agentId)?.freeChannels ?? 0
  }

  agentName(agentId: string): string {
    return this.#registry.get(agentId)?.name ?? agentId
  }

  agentHealth(agentId: string): ReturnType<UpgradeLink['agentHealth']> {
    return this.#context === null ? null : agentHealth(this.#context, agentId)
  }

  sendUpgrade(...[agentId, order]: Parameters<UpgradeLink['sendUpgrade']>): boolean {
    return this.#registry.get(agentId)?.session?.offer({ upgrade: order }) === true
  }

  isLost(agentId: string): boolean {
    if (this.#server === null) return false // nobody had a chance to come back yet
    const record = this.#registry.get(agentId)
    if (record === undefined) return true
    return record.revoked || (record.presence === 'offline' && record.admitting === 0)
  }

  async drain(agentId: string, deadlineMs?: number): Promise<void> {
    const { store, clock, settings } = this.#options
    const record = this.#registry.get(agentId)
    // Without a deadline a drain that is under way goes on as it is; with one it gets the new one.
    const isNews = record === undefined || record.duty === 'working'
    if (!isNews && (record.duty === 'drained' || deadlineMs === undefined)) return
    const drainUntilMs = clock.nowMs() + (deadlineMs ?? settings.drainMs)
    await store.startDrain(agentId, drainUntilMs)
    if (record === undefined) return
    record.duty = 'draining'
    record.drainUntilMs = drainUntilMs
    record.session?.handle({ kind: 'drain' })
  }

  async resume(agentId: string): Promise<void> {
    const record = this.#registry.get(agentId)
    await this.#options.store.setAgentState(agentId, record?.presence ?? 'offline')
    if (record === undefined) return
    record.duty = 'working'
    record.drainUntilMs = null
    // A session never goes back from draining: the agent says hello again and starts afresh.
    record.session?.goAway('the drain was taken back', 0)
  }

  async revoke(agentId: string): Promise<void> {
    await this.#options.store.revokeAgent(agentId)
    const record = this.#registry.get(agentId)
    const link = this.#context
    if (record === undefined || link === null) return
    record.revoked = true
    const message = `agent ${record.name} (${agentId}) was revoked by an operator`
    record.session?.handle({ kind: 'fence', reason: 'REVOKED', message })
    for (const end of record.endCalls) end(message)
    becomeLost(link, record, 'the agent was revoked')
  }

  async close(): Promise<void> {
    this.#stopSweep()
    await this.#beats.stop()
    const { random, settings } = this.#options
    this.#service?.goAway('the control plane stops', () =>
      Math.round(random() * settings.reconnectSpreadMs),
    )
    const server = this.#server
    const listener = this.#listener
    if (server === null || listener === null) return
    // Also of connections that shake hands and are none of the gRPC server's yet.
    const cancelHangUp = this.#options.clock.after(SHUTDOWN_MS, () => listener.hangUp())
    listener.close(cancelHangUp)
    await new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
  }
}
