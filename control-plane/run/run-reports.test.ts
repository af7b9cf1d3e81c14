import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ActiveRun } from './active-run.ts'
import { GroupCommit } from './group-commit.ts'
import { RunReports, type RunReportsDeps } from './run-reports.ts'
import type { RunState } from './run-state.ts'
import { RunWriter } from './run-writer.ts'

function runIn(state: RunState): ActiveRun {
  const who = { priority: 1, owner: '', createdAtMs: 0 }
  const identity = { id: 1, jobId: 1, jobName: 'j', groupId: 1, groupName: 'g', ...who }
  return new ActiveRun(identity, {} as never, {} as never, {} as never, state)
}

test('a run that owes only its offsets is over when its data source is gone, any other one fails', async () => {
  const logged: string[] = []
  const tx = { query: () => Promise.resolve([]), transaction: () => assert.fail('nested') }
  const commit = new GroupCommit((work) => work(tx))
  const writer = new RunWriter({ commit, nowMs: () => 0, onChange() {} })
  const log = { run: (_: ActiveRun, __: string, message: string) => logged.push(message) }
  const deps = { writer, log, nowMs: () => 0 } as unknown as RunReportsDeps
  const reports = new RunReports(deps)
  const step = { attempt: 5, retries: 0, holder: { name: 'pending', retryAtMs: 0 } } as const
  const counters = { stepAttempts: 5, sessionsOpened: 1 }

  const owing = runIn({ name: 'succeeded', step: { ...step, kind: 'publish' }, ...counters })
  await reports.undeliverable(owing, 'no data source k')
  assert.ok(owing.finished && owing.state.name === 'succeeded')
  assert.deepEqual(logged, ["the group's offsets are not published: no data source k"])

  const planning = runIn({ name: 'planning', step: { ...step, kind: 'plan' }, ...counters })
  await reports.undeliverable(planning, 'no data source k')
  assert.equal(planning.state.name, 'failed')
})
