/**
 * Connectivity of agents and data sources: tests on demand and by schedule, and the gate in front of runs.
 *
 * K1. An agent is only sent data sources that jobs of its group name, that a run of its group uses, or
 *     that a person has it test: secrets go no further.
 * K2. A pair is tested once at a time, but for tests that people ask for. A test that waits for its turn is
 *     overtaken when a run waits for it.
 */
import type { Logger } from 'pino'

import type { Clock } from '../../lib/clock.ts'
import type { ConnectivityGate } from '../run/connectivity-port.ts'
import type { ReadyAgent } from '../run/link-port.ts'
import type { ConnectivityReason } from '../store/connectivity-tests/connectivity-test-row.ts'
import type { GroupDatasource } from '../store/connectivity-tests/list-group-datasources.ts'
import { Gate } from './gate.ts'
import type { Matrix } from './matrix.ts'
import { TestQueue } from './queue.ts'
import { NO_TARGET, type Tester, type TestRun, type TestTarget } from './tester.ts'

/** How often the whole matrix is gone through. */
const ROUND_MS = 60_000

export interface ConnectivityDeps {
  readonly matrix: Matrix
  readonly tester: Pick<Tester, 'test' | 'forget'>
  readonly readyAgents: () => readonly ReadyAgent[]
  /** Which data sources the jobs of each group name. */
  readonly groupDatasources: () => Promise<readonly GroupDatasource[]>
  /** Forgets what was measured under other addresses of these agents. */
  readonly forgetOldAddresses: (agentIds: readonly string[]) => Promise<void>
  readonly clock: Clock
  /** 0: nothing is tested by schedule, nor because an agent came online. */
  readonly intervalMs: number
  readonly log: Logger
}

interface PairTest {
  readonly isUrgent: boolean
  isRunning: boolean
}

export class Connectivity {
  readonly #deps: ConnectivityDeps
  readonly #gate: Gate
  readonly #queue: TestQueue
  /** K2: by pair, the test that counts, under way or waiting; but for people's. */
  readonly #underWay = new Map<string, PairTest>()
  #named = new Map<number, readonly string[]>()
  /** Ready agents at the last tick. */
  #seen: ReadonlySet<string> = new Set()
  #nextRoundMs = -Infinity
  /** With how many agents the next round begins behind the first: there was no room for their tests. */
  #roundFrom = 0
  #ticking = false

  constructor(deps: ConnectivityDeps) {
    this.#deps = deps
    const { matrix, clock, log } = deps
    this.#queue = new TestQueue(() => clock.monotonicMs())
    this.#gate = new Gate({
      matrix,
      test: (agentId, datasource) => this.#enqueue(agentId, datasource, 'run'),
      monotonicMs: () => clock.monotonicMs(),
      nowMs: () => clock.nowMs(),
      log,
    })
  }

  get gate(): ConnectivityGate {
    return this.#gate
  }

  /** A person waits; resolves when the agent has answered, or cannot. */
  demand(agentId: string, datasource: string, target: TestTarget): Promise<TestRun> {
    return new Promise((resolve) => {
      const isQueued = this.#queue.add(agentId, true, async () => {
        resolve(await this.#run(agentId, datasource, target, 'demand'))
      })
      if (isQueued) return
      const nowMs = this.#deps.clock.nowMs()
      const message = 'too many tests are waiting: try again later'
      const outcome = { kind: 'untested', message } as const
      resolve({ outcome, startedAtMs: nowMs, finishedAtMs: nowMs })
    })
  }

  datasourceChanged(name: string, source: { readonly id: number; readonly version: number }): void {
    this.#deps.matrix.setSource(name, source)
    this.jobsChanged()
  }

  datasourceDeleted(name: string): void {
    this.#deps.matrix.removeSource(name)
    this.#deps.tester.forget(name)
  }

  /** Groups may need other data sources now. */
  jobsChanged(): void {
    this.#nextRoundMs = -Infinity
  }

  /** Called each second. Never rejects. */
  async tick(): Promise<void> {
    this.#queue.pump()
    if (this.#ticking || this.#deps.intervalMs === 0) return
    this.#ticking = true
    try {
      await this.#lookAround()
    } catch (error) {
      this.#deps.log.error({ err: error }, 'connectivity tests cannot be scheduled')
    } finally {
      this.#ticking = false
    }
  }

  async #lookAround(): Promise<void> {
    const ready = this.#deps.readyAgents()
    const arrived = ready.filter(({ agentId }) => !this.#seen.has(agentId))
    this.#seen = new Set(ready.map(({ agentId }) => agentId))
    const nowMs = this.#deps.clock.monotonicMs()
    const isRound = nowMs >= this.#nextRoundMs
    if (isRound) {
      this.#nextRoundMs = nowMs + ROUND_MS
      this.#named = byGroup(await this.#deps.groupDatasources())
    }
    // One question for all of them, and none when thousands come that were never tested.
    const tested = arrived.filter(({ agentId }) => this.#deps.matrix.hasResults(agentId))
    if (tested.length > 0) {
      await this.#deps.forgetOldAddresses(tested.map(({ agentId }) => agentId))
    }
    if (!isRound) for (const agent of arrived) this.#testWhatIsDue(agent)
    else if (ready.length > 0) this.#testAll(ready)
  }

  /** A round that finds no more room goes on with the next one where it ended. */
  #testAll(ready: readonly ReadyAgent[]): void {
    const from = this.#roundFrom % ready.length
    this.#roundFrom = 0
    for (let n = 0; n < ready.length; n += 1) {
      if (this.#queue.isFull) {
        this.#roundFrom = from + n
        const agents = ready.length - n
        this.#deps.log.warn({ agents }, 'connectivity tests of agents wait for the next round')
        return
      }
      this.#testWhatIsDue(ready[(from + n) % ready.length]!)
    }
  }

  #testWhatIsDue({ agentId, groupId }: ReadyAgent): void {
    const { matrix, intervalMs, clock } = this.#deps
    const names = new Set([...(this.#named.get(groupId) ?? []), ...matrix.testedBefore(agentId)])
    for (const name of names) {
      const reason = matrix.whyDue(agentId, name, { nowMs: clock.nowMs(), intervalMs })
      if (reason !== null) this.#enqueue(agentId, name, reason)
    }
  }

  #enqueue(agentId: string, datasource: string, reason: ConnectivityReason): void {
    const key = `${agentId}/${datasource}`
    const isUrgent = reason === 'run'
    const known = this.#underWay.get(key)
    if (known !== undefined && (known.isUrgent || known.isRunning || !isUrgent)) return
    const test = { isUrgent, isRunning: false }
    this.#underWay.set(key, test)
    const isQueued = this.#queue.add(agentId, isUrgent, async () => {
      if (this.#underWay.get(key) !== test) return // K2: overtaken
      test.isRunning = true
      await this.#run(agentId, datasource, NO_TARGET, reason)
      this.#underWay.delete(key)
    })
    if (isQueued) return // or else the next round, or the gate, asks again
    if (known === undefined) this.#underWay.delete(key)
    else this.#underWay.set(key, known)
  }

  async #run(
    agentId: string,
    datasource: string,
    target: TestTarget,
    reason: ConnectivityReason,
  ): Promise<TestRun> {
    const run = await this.#deps.tester.test(agentId, datasource, target, reason)
    if (run.outcome.kind === 'tested') this.#gate.changed(agentId, datasource)
    return run
  }
}

function byGroup(rows: readonly GroupDatasource[]): Map<number, readonly string[]> {
  const named = new Map<number, string[]>()
  for (const { groupId, datasourceName } of rows) {
    const ofGroup = named.get(groupId) ?? []
    ofGroup.push(datasourceName)
    named.set(groupId, ofGroup)
  }
  return named
}
