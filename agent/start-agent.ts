/** Wires one agent: everything but arguments, signals and the process's end. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'

import type { Logger } from 'pino'

import type { Clock } from '../lib/clock.ts'
import type { AgentLinkClient } from '../proto/gen/sluice/agent/v1/AgentLink.ts'
import { readHostFacts } from './host/facts.ts'
import { hostLoadSample, startLoadSampler } from './host/load.ts'
import type { SampleLoad } from './host/load.ts'
import { loadGeneration } from './link/identity.ts'
import type { Identity } from './link/identity.ts'
import type { AgentLinkSettings } from './link/link-settings.ts'
import { LivingIdentity } from './link/living-identity.ts'
import { ResultSpool } from './link/result-spool.ts'
import { StatusFile } from './link/status-file.ts'
import { Supervisor } from './link/supervisor.ts'
import type { SupervisorOutcome } from './link/supervisor.ts'
import { WorkDesk } from './link/work-desk.ts'
import type { LogRing } from './loops/log-ring.ts'
import { readReleaseKey } from './upgrade/release-key.ts'
import { Upgrader } from './upgrade/upgrader.ts'
import { AGENT_VERSION } from './version.ts'
import type { WorkExecutor } from './work/work-port.ts'

export interface AgentOptions {
  readonly identity: Identity
  /** Connected already, by the enrolment: the agent closes it. */
  readonly firstClient?: AgentLinkClient | null
  readonly stateDir: string
  readonly executor: WorkExecutor
  readonly settings: AgentLinkSettings
  readonly clock: Clock
  /** 0 <= x < 1. */
  readonly random: () => number
  readonly ring: LogRing
  readonly log: Logger
  /** Tests say how busy the host is. */
  readonly sampleLoad?: SampleLoad
}

export interface RunningAgent {
  /** Resolves when the agent has stopped, or cannot go on. */
  readonly done: Promise<SupervisorOutcome>
  /** Drains, says Bye, ends the executor. Idempotent. */
  stop(): Promise<void>
}

/** Rejects when the state directory cannot be used. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { stateDir, executor, settings, clock, random, ring, log } = options
  const facts = await readHostFacts()
  const generation = await loadGeneration(stateDir)
  const identity = new LivingIdentity(stateDir, options.identity, generation)
  const sampler = await startLoadSampler({
    sample: options.sampleLoad ?? hostLoadSample(stateDir),
    clock,
    everyMs: settings.sampleMs,
    log,
  })
  const spool = await ResultSpool.open({
    dir: join(stateDir, 'results'),
    log,
    diskFreeBytes: () => sampler.latest().diskFreeBytes,
  })
  const desk = new WorkDesk({ executor, spool, ring, clock, log })
  const upgrader = await Upgrader.open({
    stateDir,
    version: AGENT_VERSION,
    arch: facts.arch,
    supervisor: facts.supervisor,
    execPath: process.execPath,
    releaseKeyPem: await readReleaseKey(stateDir),
    link: {
      reportUpgrade: (state) => supervisor.reportUpgrade(state),
      bundleSource: (sha256, offset) => supervisor.bundleSource(sha256, offset),
      restart: (drainMs, onDrained) => supervisor.restart(drainMs, onDrained),
    },
    clock,
    log,
  })
  const status = new StatusFile({
    stateDir,
    facts: () => {
      const { agentId, name, group } = identity.now
      const { certificateUntilMs } = identity
      return { version: AGENT_VERSION, agentId, name, group, certificateUntilMs }
    },
    log,
  })
  let state: Parameters<StatusFile['set']> = ['connecting', '']
  const showState = (...next: typeof state): void => {
    state = next
    status.set(...next)
  }
  showState(...state)
  const supervisor = new Supervisor({
    identity,
    facts,
    processId: randomUUID(),
    capabilities: ['test'],
    desk,
    spool,
    ring,
    load: sampler.latest,
    settings,
    clock,
    random,
    log,
    onUpgrade: (upgrade) => upgrader.order(upgrade),
    onConnected: () => upgrader.connected(),
    onState: showState,
    firstClient: options.firstClient ?? null,
    onRenewed: () => status.set(...state),
  })
  const done = supervisor.done.then(async (outcome) => {
    upgrader.close()
    if (outcome.kind !== 'fatal') status.set('connecting', 'the agent has stopped')
    await status.settled()
    sampler.stop()
    await executor.close()
    return outcome
  })
  return {
    done,
    stop: async () => {
      await supervisor.stop()
      await done
    },
  }
}
