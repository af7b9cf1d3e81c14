/** What coordinator tests play in: a control plane that can be killed, over a store, with simulated agents. */
import assert from 'node:assert/strict'

import type { Audit } from '../audit/audit.ts'
import { type Database, StoreError } from '../store/database.ts'
import { takeOver } from '../store/take-over.ts'
import type { TestStore } from '../store/test-store.ts'
import type { UpgradeControl } from '../upgrade/upgrade-port.ts'
import type { ConnectivityGate } from './connectivity-port.ts'
import { TEST_KEY } from './job-text.test-support.ts'
import { openRuns, type OpenRuns } from './open-runs.ts'
import type { RunProgress, StartRunRequest } from './run-port.ts'
import { SimulatedWorld, type Faults } from './simulated-world.test-support.ts'

/** Far more than any run of a test needs: ends a run that does not move. */
const STEPS_MAX = 5_000

export interface Scene {
  readonly store: TestStore
  readonly world: SimulatedWorld
  readonly options: SceneOptions
  open: OpenRuns
  nowMs: number
  /** Of a transaction that was committed: whether its answer gets lost. */
  losesCommitAnswer: () => boolean
  /** Why the control plane of now must end. */
  fatal: unknown
}

export interface SceneOptions {
  readonly store: TestStore
  readonly groupId: number
  readonly agentIds: readonly string[]
  readonly faults: Faults
  readonly random: () => number
  /** Log end of each topic partition. */
  readonly ends: number[]
  readonly gate?: ConnectivityGate
  readonly upgrading?: UpgradeControl['upgrading']
  readonly audit?: Audit
}

/** A control plane over a store, and a simulated world for its agents. */
export async function openScene(options: SceneOptions): Promise<Scene> {
  const { store, groupId, agentIds, faults, random, ends } = options
  const world = new SimulatedWorld({
    groupId,
    agentIds,
    topicPartitions: ends,
    faults,
    random,
  })
  const scene: Scene = {
    store,
    world,
    options,
    open: null as unknown as OpenRuns,
    nowMs: 1_000,
    losesCommitAnswer: () => false,
    fatal: null,
  }
  await restartControlPlane(scene)
  return scene
}

/** What a kill -9 and a new start are to the coordinator: memory is gone, the store is there. */
export async function restartControlPlane(scene: Scene): Promise<void> {
  scene.open?.coordinator.stop()
  await scene.open?.log.settled()
  const { gate, upgrading, audit } = scene.options
  const epoch = await takeOver(scene.store.db, 0)
  scene.fatal = null
  scene.open = openRuns({
    db: unreliable(scene),
    epoch,
    key: TEST_KEY,
    link: scene.world,
    defaultTimeZone: 'UTC',
    sliceBytesMax: 8_000_000,
    upgrading: upgrading ?? (() => null),
    nowMs: () => scene.nowMs,
    agentName: (id) => id,
    onFatal: (error) => {
      scene.fatal = error
    },
    ...(gate === undefined ? {} : { gate }),
    ...(audit === undefined ? {} : { audit }),
  })
  await scene.open.coordinator.recover()
  scene.world.events = scene.open.coordinator.events
}

/** The store, over a connection that breaks when the server has committed and not answered yet. */
function unreliable(scene: Scene): Database {
  return {
    query: (sql, params) => scene.store.db.query(sql, params),
    transaction: async (work) => {
      const value = await scene.store.db.transaction(work)
      if (scene.losesCommitAnswer()) throw new StoreError('UNAVAILABLE', 'simulated')
      return value
    },
  }
}

/** What the service manager and the agents do after the control plane's end. */
export async function startAgain(scene: Scene): Promise<void> {
  await restartControlPlane(scene)
  await scene.world.reconnect()
}

export async function startRun(
  scene: Scene,
  jobName: string,
  over: Partial<StartRunRequest> = {},
): Promise<number> {
  const request = {
    jobName,
    groupName: null,
    params: {},
    cycTimeMs: null,
    priority: null,
    owner: '',
    ...over,
  }
  const answer = await scene.open.runs.start(request)
  assert.ok(answer.ok, JSON.stringify(answer))
  return answer.value.runId
}

/** Lets the world work until the run is over. */
export async function finish(
  scene: Scene,
  runId: number,
  restart = () => false,
): Promise<RunProgress> {
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    const progress = (await scene.open.runs.progress(runId))!
    const live = scene.open.coordinator.find(runId)
    if (live === null && ['succeeded', 'failed', 'killed'].includes(progress.state)) return progress
    if (progress.state === 'held') return progress
    scene.nowMs += 1_000
    try {
      if (restart()) await startAgain(scene)
      scene.open.coordinator.sweep()
      await scene.open.coordinator.idle()
      await scene.world.step()
    } catch (error) {
      if (scene.fatal === null) throw error
    }
    while (scene.fatal !== null) await startAgain(scene).catch(() => undefined)
  }
  throw new Error(
    `run ${runId} does not end: ${JSON.stringify(await scene.open.runs.progress(runId))}`,
  )
}
