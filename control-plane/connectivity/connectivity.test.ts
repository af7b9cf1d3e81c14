import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'

import { pino } from 'pino'

import { ManualClock } from '../../lib/manual-clock.ts'
import type { GroupDatasource } from '../store/connectivity-tests/list-group-datasources.ts'
import { Connectivity } from './connectivity.ts'
import { Matrix } from './matrix.ts'
import { OTHERS_BURST, OTHERS_PER_SECOND, TESTS_MAX, TESTS_PER_AGENT_MAX } from './queue.ts'
import { NO_TARGET, type TestRun } from './tester.ts'

const HALF_HOUR_MS = 1_800_000

/** Agents of group 1 called a0, a1, …; tests are answered when `answerAll` says so. */
function world(options: { agents?: number; intervalMs?: number } = {}) {
  const clock = new ManualClock()
  const matrix = new Matrix()
  let waiting: { readonly key: string; readonly answer: () => void }[] = []
  const asked: string[] = []
  const arrived: string[] = []
  const named: GroupDatasource[] = [{ groupId: 1, groupName: 'g', datasourceName: 'k' }]
  const agents = Array.from({ length: options.agents ?? 1 }, (_, i) => {
    return { agentId: `a${i}`, groupId: 1, name: `a${i}`, channels: 1 }
  })
  let ready = agents
  const connectivity = new Connectivity({
    matrix,
    tester: {
      forget: () => {},
      test: (agentId, datasource, _target, reason) => {
        asked.push(`${agentId} ${datasource} ${reason}`)
        return new Promise<TestRun>((resolve) => {
          const answer = (): void => {
            const at = { startedAtMs: clock.nowMs(), finishedAtMs: clock.nowMs() }
            const good = { verdict: 'Connectable', message: '' } as const
            const version = matrix.source(datasource)!.version
            const result = { ...good, version, finishedAtMs: clock.nowMs(), closes: false }
            matrix.setResult(agentId, datasource, result)
            resolve({ outcome: { kind: 'tested', ...good, stages: [] }, ...at })
          }
          waiting.push({ key: `${agentId}/${datasource}`, answer })
        })
      },
    },
    readyAgents: () => ready,
    groupDatasources: async () => named,
    forgetOldAddresses: async (agentIds) => void arrived.push(...agentIds),
    clock,
    intervalMs: options.intervalMs ?? HALF_HOUR_MS,
    log: pino({ level: 'silent' }),
  })
  matrix.setSource('k', { id: 1, version: 1 })
  const answerAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const some = waiting
      waiting = []
      for (const { answer } of some) answer()
      await turn()
    }
  }
  return {
    clock,
    matrix,
    connectivity,
    asked,
    arrived,
    named,
    answerAll,
    underWay: () => waiting.length,
    setReady: (isReady: boolean) => {
      ready = isReady ? agents : []
    },
  }
}

test('an agent that comes online is tested against what its group’s jobs name, once', async () => {
  const { connectivity, asked, answerAll, setReady, arrived } = world()
  await connectivity.tick()
  assert.deepEqual(asked, ['a0 k agent-online'])
  await connectivity.tick()
  await answerAll()
  setReady(false)
  await connectivity.tick()
  setReady(true)
  await connectivity.tick()
  assert.deepEqual(asked, ['a0 k agent-online'])
  assert.deepEqual(arrived, ['a0']) // the second time: it had no result before
})

test('what changed is tested again at once, what did not after the interval', async () => {
  const { connectivity, asked, answerAll, clock } = world()
  await connectivity.tick()
  await answerAll()
  connectivity.datasourceChanged('k', { id: 1, version: 2 })
  await connectivity.tick()
  assert.equal(asked.at(-1), 'a0 k datasource-changed')
  await answerAll()
  clock.advance(HALF_HOUR_MS * 0.89)
  await connectivity.tick()
  assert.equal(asked.length, 2)
  clock.advance(HALF_HOUR_MS * 0.21)
  await connectivity.tick()
  assert.equal(asked.at(-1), 'a0 k schedule')
})

test('a new job brings its data source to the agents of its group; a deleted source goes', async () => {
  const { connectivity, asked, named, matrix, answerAll } = world()
  await connectivity.tick()
  await answerAll()
  matrix.setSource('m', { id: 2, version: 1 })
  named.push({ groupId: 1, groupName: 'g', datasourceName: 'm' })
  named.push({ groupId: 2, groupName: 'other', datasourceName: 'x' })
  connectivity.jobsChanged()
  await connectivity.tick()
  assert.deepEqual(asked, ['a0 k agent-online', 'a0 m agent-online'])
  await answerAll()
  connectivity.datasourceDeleted('m')
  assert.equal(matrix.result('a0', 'm'), undefined)
})

test('interval 0 tests nothing by itself, but the gate and people still do', async () => {
  const { connectivity, asked, answerAll } = world({ intervalMs: 0 })
  await connectivity.tick()
  assert.deepEqual(asked, [])
  let changes = 0
  connectivity.gate.onChange(() => {
    changes += 1
  })
  assert.equal(connectivity.gate.check('a0', ['k']).kind, 'testing')
  const demanded = connectivity.demand('a0', 'k', NO_TARGET)
  assert.deepEqual(asked, ['a0 k run', 'a0 k demand'])
  await answerAll()
  assert.equal((await demanded).outcome.kind, 'tested')
  assert.equal(connectivity.gate.check('a0', ['k']).kind, 'open')
  assert.equal(changes, 2)
})

test('tests that nobody waits for begin at a bounded rate, those that somebody waits for at once', async () => {
  const { connectivity, answerAll, asked, clock } = world({ agents: OTHERS_BURST + 100 })
  await connectivity.tick()
  await answerAll()
  assert.equal(asked.length, OTHERS_BURST)
  const demanded = connectivity.demand(`a${OTHERS_BURST + 99}`, 'k', NO_TARGET)
  await answerAll()
  assert.equal((await demanded).outcome.kind, 'tested')
  assert.equal(asked.length, OTHERS_BURST + 1)
  clock.advance(1_000)
  await connectivity.tick()
  await answerAll()
  assert.equal(asked.length, OTHERS_BURST + 1 + OTHERS_PER_SECOND)
})

test('a test that waits for its turn is overtaken when a run waits for it, and made once', async () => {
  const { connectivity, answerAll, asked, clock } = world({ agents: OTHERS_BURST + 2 })
  await connectivity.tick()
  await answerAll()
  const last = `a${OTHERS_BURST + 1}`
  assert.ok(!asked.includes(`${last} k agent-online`))
  assert.equal(connectivity.gate.check(last, ['k']).kind, 'testing')
  await answerAll()
  assert.equal(connectivity.gate.check(last, ['k']).kind, 'open')
  clock.advance(1_000)
  await connectivity.tick()
  await answerAll()
  assert.deepEqual(
    asked.filter((test) => test.startsWith(`${last} `)),
    [`${last} k run`],
  )
  assert.equal(asked.length, OTHERS_BURST + 2)
})

test('a bounded number of tests is under way, of one agent and of all', async () => {
  const { connectivity, underWay, answerAll, asked } = world({ agents: 200 })
  await connectivity.tick()
  assert.equal(underWay(), TESTS_MAX)
  const others = Array.from({ length: 5 }, () => connectivity.demand('a0', 'k', NO_TARGET))
  await answerAll()
  await Promise.all(others)
  assert.equal(asked.length, 205)
  for (let i = 0; i < 5; i++) void connectivity.demand('a1', 'k', NO_TARGET)
  assert.equal(underWay(), TESTS_PER_AGENT_MAX)
  await answerAll()
})
