/**
 * Connectivity through all that takes part: control plane, agent, Kafka and MaxCompute as processes,
 * and the command line.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import type { ConnectivityResult } from '../control-plane/api/shapes/connectivity.ts'
import { registerDataSources } from '../dev/local-system/data-sources.ts'
import { jobJson } from '../dev/local-system/job-json.ts'
import { applyJob, startRun, waitForRun } from '../dev/local-system/runs.ts'
import { runSql } from '../dev/local-system/sql.ts'
import { startLocalSystem, type LocalSystem } from '../dev/local-system/start-local-system.ts'
import { createTopic, produceAll } from '../dev/local-system/topic.ts'

const CLI = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
const NAMES = { kafka: 'shop', maxCompute: 'dw' }
const WRONG_KEY = 'a-key-that-is-wrong'
const WAIT_MS = 30_000
const POLL_MS = 100

let system: LocalSystem
const stateDir = mkdtempSync(join(tmpdir(), 'sluice-connectivity-'))

before(async () => {
  system = await startLocalSystem({ stateDir, agents: 2, fastStart: true, kafkaBootstrap: null })
  await createTopic(system.kafka.bootstrap, 'orders', { topicPartitions: 1 })
  await produceAll(system.kafka.bootstrap, 'orders', [[{ value: Buffer.from('v') }]])
  await registerDataSources(system, NAMES)
  const { client, group } = system
  await runSql({ client, group, datasource: NAMES.maxCompute }, 'CREATE TABLE t (v STRING)')
})

after(async () => {
  await system.stop()
  rmSync(stateDir, { recursive: true, force: true })
})

function sluice(...args: string[]): Promise<{ readonly code: number; readonly out: string }> {
  const env = {
    ...process.env,
    SLUICE_SERVER: system.controlPlane.apiUrl,
    SLUICE_TOKEN_FILE: system.controlPlane.tokenFile,
  }
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out: out + err })
    })
  })
}

async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const endsAt = performance.now() + WAIT_MS
  for (;;) {
    const seen = await look()
    if (seen !== null) return seen
    assert.ok(performance.now() < endsAt, `not seen: ${what}`)
    await sleep(POLL_MS)
  }
}

const results = async (datasource: string): Promise<readonly ConnectivityResult[]> =>
  (await system.client.listConnectivity({ datasource })).items

test('every agent tests both data sources, to a record and to a session', async () => {
  const kafka = await sluice(
    'datasource',
    'test',
    NAMES.kafka,
    '--group',
    system.group,
    '--topic',
    'orders',
  )
  assert.equal(kafka.code, 0, kafka.out)
  assert.match(
    kafka.out,
    /^AGENT +VERDICT +STAGE +MS +MESSAGE\nidc-1 +Connectable +- +\d+\nidc-2 +Conn/,
  )
  const table = ['--group', system.group, '--table', 't', '--verbose']
  const maxCompute = await sluice('datasource', 'test', NAMES.maxCompute, ...table)
  assert.equal(maxCompute.code, 0, maxCompute.out)
  assert.match(maxCompute.out, /session +passed +\d+ +session \w+ of demo_project\.t, left unused/)
})

test('a wrong topic is a ConfigError with a non-zero exit code, and does not keep runs back', async () => {
  const wrong = await sluice(
    'datasource',
    'test',
    NAMES.kafka,
    '--agent',
    'idc-1',
    '--topic',
    'ordres',
  )
  assert.equal(wrong.code, 1)
  assert.match(wrong.out, /idc-1 +ConfigError +topic +\d+ +topic: the topic does not exist/)
})

test('a job makes the agents of its group test what it names, and its run goes through', async () => {
  const job = jobJson({
    kafkaDatasource: NAMES.kafka,
    topic: 'orders',
    maxComputeDatasource: NAMES.maxCompute,
    table: 't',
    columns: [['__value__', 'v']],
    truncate: true,
    concurrent: 2,
  })
  await applyJob(system.client, 'orders', job, system.group)
  const run = await waitForRun(system.client, await startRun(system.client, 'orders'))
  assert.equal(run.state, 'succeeded', JSON.stringify(run.error))
})

test('while Kafka is gone the run waits; when it is back the run goes on, and the history tells', async () => {
  await system.kafka.process!.stop()
  const gone = await sluice('datasource', 'test', NAMES.kafka)
  assert.equal(gone.code, 1)
  assert.match(gone.out, /idc-1 +Unreachable +tcp .*refuses the connection/)
  const runId = await startRun(system.client, 'orders')
  await until('the run says why it waits', async () => {
    const told = JSON.stringify(await system.client.explainRun(runId))
    return /cannot use data source shop \(Unreachable\)/.test(told) ? told : null
  })
  system.kafka.process!.start()
  await system.kafka.process!.ready()
  await until('Kafka can be reached', async () => {
    const { code } = await sluice('datasource', 'test', NAMES.kafka, '--topic', 'orders')
    return code === 0 ? code : null
  })
  const run = await waitForRun(system.client, runId)
  assert.equal(run.state, 'succeeded', JSON.stringify(run.error))
  const history = await sluice('connectivity', 'history', 'idc-1', NAMES.kafka)
  assert.match(history.out, /demand +Connectable[^]*demand +Unreachable +tcp/)
})

test('a data source that is changed is tested anew by itself, and no key shows up in a log', async () => {
  const properties = {
    endpoint: system.endpoint.url,
    project: system.endpoint.project,
    accessId: system.endpoint.accessId,
    accessKey: WRONG_KEY,
  }
  await system.client.applyDatasource(NAMES.maxCompute, { type: 'odps', properties })
  const found = await until('both agents have tested the new version', async () => {
    const fresh = (await results(NAMES.maxCompute)).filter(({ stale }) => !stale)
    return fresh.length === 2 ? fresh : null
  })
  for (const { verdict, failedStage, reason } of found) {
    assert.deepEqual(
      [verdict, failedStage, reason],
      ['ConfigError', 'credentials', 'datasource-changed'],
    )
  }
  const list = await sluice('connectivity', 'list', '--group', system.group)
  assert.match(list.out, /idc +idc-2 +dw +ConfigError +credentials/)
  assert.deepEqual(logsWith(WRONG_KEY), [])
})

function logsWith(text: string): string[] {
  const files = readdirSync(stateDir, { recursive: true, encoding: 'utf8' })
  return files.filter((file) => {
    const path = join(stateDir, file)
    return (
      file.endsWith('.log') && statSync(path).isFile() && readFileSync(path, 'utf8').includes(text)
    )
  })
}
