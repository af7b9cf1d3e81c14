import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ManualClock } from '../../lib/manual-clock.ts'
import type { Result } from '../../proto/gen/sluice/agent/v1/Result.ts'
import { AgentRequests, REQUESTS_PER_AGENT_MAX, type AgentAnswer } from './agent-requests.ts'
import type { AgentLink, WorkRef } from './link-port.ts'
import { parseWorkId } from './work-id.ts'

const TIMEOUT_MS = 30_000

class Line implements AgentLink {
  readonly given: (WorkRef & { readonly agentId: string })[] = []
  readonly cancelled: WorkRef[] = []
  isOpen = true
  assign(agentId: string, { workId, attempt }: WorkRef): boolean {
    if (this.isOpen) this.given.push({ agentId, workId, attempt })
    return this.isOpen
  }
  cancel(_agentId: string, ref: WorkRef): void {
    this.cancelled.push(ref)
  }
  updateSpeed(): boolean {
    return this.isOpen
  }
  readyAgents(): [] {
    return []
  }
  isLost(): boolean {
    return false
  }
}

function world() {
  const line = new Line()
  const clock = new ManualClock()
  const requests = new AgentRequests(line, clock)
  const ask = (agentId: string, signal?: AbortSignal): Promise<AgentAnswer> =>
    requests.ask(agentId, { test: { datasource: 'k' } }, TIMEOUT_MS, signal)
  return { line, clock, requests, ask }
}

function testResult(ref: WorkRef): Result {
  const test = { verdict: 'CONNECTABLE', message: '', stages: [] } as const
  return { ...ref, finishedAtMs: 0, outcome: 'test', test: { ...test, stages: [] } }
}

function problemOf(answer: AgentAnswer): string {
  return answer.kind === 'failed' ? answer.problem : answer.kind
}

test('a question is sent to the agent, and its answer comes back', async () => {
  const { line, requests, ask, clock } = world()
  const asked = ask('a')
  const [ref] = line.given
  assert.equal(parseWorkId(ref!.workId)?.kind, 'request')
  assert.equal(ref!.attempt, 1)
  requests.result('a', testResult(ref!))
  assert.equal((await asked).kind, 'test')
  assert.equal(clock.pending, 0)
})

test('an answer of another agent, or of another attempt, is nobody’s', async () => {
  const { line, requests, ask } = world()
  const asked = ask('a')
  const ref = line.given[0]!
  requests.result('b', testResult(ref))
  requests.result('a', testResult({ ...ref, attempt: 2 }))
  requests.rejected('b', ref, 'FULL')
  assert.equal(requests.isHeldBy('a', ref), true)
  assert.equal(requests.isHeldBy('b', ref), false)
  requests.result('a', testResult(ref))
  assert.equal((await asked).kind, 'test')
  assert.equal(requests.isHeldBy('a', ref), false)
})

test('an agent that is not ready, refuses, or fails is said to', async () => {
  const { line, requests, ask } = world()
  line.isOpen = false
  assert.equal(problemOf(await ask('a')), 'NOT_READY')
  line.isOpen = true
  const refused = ask('a')
  requests.rejected('a', line.given[0]!, 'UNSUPPORTED: this agent does not know that kind of work')
  const answer = await refused
  assert.ok(answer.kind === 'failed' && answer.isUnknownKind && answer.problem === 'REFUSED')
  const failing = ask('a')
  const ref = line.given[1]!
  const error = {
    code: 'INTERNAL',
    retry: 'FATAL',
    message: 'no luck',
    where: {},
    cause: '',
  } as const
  requests.result('a', {
    ...ref,
    finishedAtMs: 0,
    outcome: 'error',
    error: { ...error, dirty: [] },
  })
  const failure = await failing
  assert.ok(failure.kind === 'failed' && failure.problem === 'ERROR')
  assert.match(failure.message, /no luck/)
})

test('an agent that does not list the question after a reconnect has lost it', async () => {
  const { line, requests, ask } = world()
  let kept = ''
  const staying = ask('a').then((answer) => {
    kept = problemOf(answer)
  })
  const known = new Set([`${line.given[0]!.workId}#1`])
  const losing = ask('a')
  requests.agentHolds('b', new Set())
  requests.agentHolds('a', known)
  assert.equal(problemOf(await losing), 'LOST')
  assert.equal(kept, '')
  requests.agentHolds('a', new Set())
  await staying
  assert.equal(kept, 'LOST')
})

test('a question that is not answered in time, or whose caller leaves, is cancelled at the agent', async () => {
  const { line, clock, ask } = world()
  const late = ask('a')
  const leaving = new AbortController()
  const left = ask('a', leaving.signal)
  leaving.abort()
  assert.equal(problemOf(await left), 'CANCELLED')
  clock.advance(TIMEOUT_MS)
  assert.equal(problemOf(await late), 'TIMEOUT')
  assert.equal(line.cancelled.length, 2)
  assert.equal(problemOf(await ask('a', leaving.signal)), 'CANCELLED')
  assert.equal(line.given.length, 2)
})

test('one agent is asked a bounded number of questions at once', async () => {
  const { line, requests, ask } = world()
  const asked = Array.from({ length: REQUESTS_PER_AGENT_MAX }, () => ask('a'))
  assert.equal(problemOf(await ask('a')), 'BUSY')
  const other = ask('b')
  for (const ref of line.given) requests.result(ref.agentId, testResult(ref))
  for (const answer of await Promise.all([...asked, other])) assert.equal(answer.kind, 'test')
})
