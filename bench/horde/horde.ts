/** All agents of the horde, and their beats. */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'

import { backoffMs } from '../../agent/link/backoff.ts'
import { DEFAULT_AGENT_LINK_SETTINGS } from '../../agent/link/link-settings.ts'
import { loadLinkDefinition } from '../../proto/link-definition.ts'
import { HordeAgent, type HordeShared } from './horde-agent.ts'
import { HordeCounts } from './horde-counts.ts'
import { makeIdentity } from './identity.ts'
import type { Plane } from './plane.ts'
import { MadeUpData } from './work-results.ts'

const BEAT_MS = 5_000
const ENROL_TRIES_MAX = 5
/** Each agent beats in one of these, so that beats are spread evenly. */
const BEAT_PARTS = 100
/** Of a beat, either way: real hosts' timers drift against each other. */
const BEAT_JITTER = 0.1

export interface HordeSettings {
  readonly agents: number
  readonly channels: number
  readonly workMs: number
  readonly slicesPerRun: number
}

export class Horde {
  readonly agents: readonly HordeAgent[]
  readonly counts: HordeCounts
  readonly #beating: HordeAgent[][]
  readonly #timer: NodeJS.Timeout
  readonly #beatingSinceMs = performance.now()
  /** How many parts have beaten so far. */
  #partsDone = 0

  private constructor(agents: readonly HordeAgent[], counts: HordeCounts) {
    this.agents = agents
    this.counts = counts
    this.#beating = Array.from({ length: BEAT_PARTS }, () => [])
    for (const [index, agent] of agents.entries()) this.#beating[index % BEAT_PARTS]!.push(agent)
    this.#timer = setInterval(() => this.#beat(), BEAT_MS / BEAT_PARTS)
  }

  /** Makes keys and facts; nobody is enrolled yet. */
  static async make(plane: Plane, settings: HordeSettings): Promise<Horde> {
    const counts = new HordeCounts()
    const { workMs } = settings
    const shared: HordeShared = {
      link: plane.link,
      proto: loadLinkDefinition(),
      caPem: plane.caPem,
      channels: settings.channels,
      workMs: () => workMs * (0.75 + Math.random() / 2),
      data: new MadeUpData(settings.slicesPerRun),
      counts,
    }
    const agents: HordeAgent[] = []
    for (let no = 1; no <= settings.agents; no++) {
      agents.push(new HordeAgent(makeIdentity(no, plane.caPem), shared))
    }
    return new Horde(agents, counts)
  }

  /** Enrols all and connects each as soon as it is enrolled; so many enrolments at once. */
  async enrol(tokenOf: (index: number) => string, atOnce: number): Promise<void> {
    let next = 0
    const enrolOneByOne = async (): Promise<void> => {
      for (let index = next++; index < this.agents.length; index = next++) {
        const agent = this.agents[index]!
        await this.#enrolOne(agent, tokenOf(index))
      }
    }
    await Promise.all(Array.from({ length: atOnce }, enrolOneByOne))
  }

  /** A lost connection is tried again, as an installer does: the same key and token are the same agent. */
  async #enrolOne(agent: HordeAgent, token: string): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await agent.enrol(token)
      } catch (error) {
        if (failures === ENROL_TRIES_MAX) throw error
        this.counts.enrolsRepeated += 1
        await sleep(backoffMs(failures, Math.random(), DEFAULT_AGENT_LINK_SETTINGS))
      }
    }
  }

  /** Not all at once: their hosts do it side by side, and beats must not wait for it. */
  async prepareReturn(): Promise<void> {
    for (const agent of this.agents) {
      agent.prepareReturn()
      await setImmediate()
    }
  }

  stop(): void {
    clearInterval(this.#timer)
    for (const agent of this.agents) agent.stop()
  }

  /** All parts that are due: a timer of a busy process runs late, and hosts' timers do not. */
  #beat(): void {
    const partsDue = Math.floor((performance.now() - this.#beatingSinceMs) / (BEAT_MS / BEAT_PARTS))
    this.#partsDone = Math.max(this.#partsDone, partsDue - BEAT_PARTS)
    for (; this.#partsDone < partsDue; this.#partsDone += 1) {
      for (const agent of this.#beating[this.#partsDone % BEAT_PARTS]!) {
        setTimeout(() => agent.beat(), Math.random() * BEAT_MS * BEAT_JITTER)
      }
    }
  }
}
