/** The command line as a real process against a real API. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { addAgent, addRun, jobText, KAFKA_SOURCE } from '../control-plane/api/test-data.ts'
import { progressOf, startTestServer, type TestServer } from '../control-plane/api/test-server.ts'
import { insertAuditEvents } from '../control-plane/store/audit-events/insert-audit-events.ts'
import { insertLogLines } from '../control-plane/store/log-lines/insert-log-lines.ts'

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
let server: TestServer
let dir: string
const printed: string[] = []

before(async () => {
  server = await startTestServer()
  dir = mkdtempSync(join(tmpdir(), 'sluice-cli-'))
})
after(async () => {
  await server.stop()
  rmSync(dir, { recursive: true, force: true })
})

interface How {
  readonly env?: Record<string, string>
  readonly stdin?: string
}

function start(args: readonly string[], how: How = {}): ChildProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
    stdio: 'pipe',
    timeout: 60_000,
    killSignal: 'SIGKILL',
    env: {
      PATH: process.env['PATH'],
      HOME: dir,
      SLUICE_SERVER: server.url,
      SLUICE_TOKEN: server.token,
      ...how.env,
    },
  })
  child.stdin?.end(how.stdin ?? '')
  return child
}

async function ended(child: ChildProcess): Promise<Ended> {
  const [out, err, code] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    new Promise<number | null>((resolve) => child.on('exit', resolve)),
  ])
  printed.push(out, err)
  return { code, out, err }
}

const sluice = (args: readonly string[], how?: How): Promise<Ended> => ended(start(args, how))

function file(name: string, content: string): string {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}

describe('exit codes', () => {
  test('0 for help, which lists them all', async () => {
    const { code, out } = await sluice(['--help'])
    assert.equal(code, 0)
    for (const line of ['0    done', '6    the run is held', '130  interrupted']) {
      assert.ok(out.includes(line), line)
    }
  })

  test('2 for a wrong command line', async () => {
    const all = await Promise.all([
      sluice(['job', 'aply', 'x']),
      sluice(['run', 'show', 'x']),
      sluice(['job', 'run', 'x', '--param', 'novalue']),
      sluice(['group', 'create', 'no spaces']),
      sluice(['run', 'list', '--limit', '1001']),
    ])
    assert.deepEqual(
      all.map(({ code }) => code),
      [2, 2, 2, 2, 2],
    )
    assert.match(all[0].err, /Did you mean apply/)
    assert.match(all[3].err, /\$\.name/)
    assert.match(all[4].err, /a whole number from 1 to 1000/)
  })

  test('3 for what does not exist, 4 without a good token, 5 without a control plane', async () => {
    const [missing, token, gone] = await Promise.all([
      sluice(['job', 'show', 'nowhere']),
      sluice(['group', 'list'], { env: { SLUICE_TOKEN: 'wrong' } }),
      sluice(['group', 'list'], { env: { SLUICE_SERVER: 'http://127.0.0.1:1' } }),
    ])
    assert.deepEqual([missing.code, token.code, gone.code], [3, 4, 5])
    assert.match(token.err, /SLUICE_TOKEN/)
    const without = await sluice(['group', 'list'], { env: { SLUICE_TOKEN: '' } })
    assert.deepEqual([without.code, without.err.split('\n')[0]], [4, 'sluice: no API token is set'])
    assert.match(gone.err, /cannot reach the control plane at http:\/\/127\.0\.0\.1:1/)
  })
})

describe('groups, agents and tokens', () => {
  test('a group is made, listed as a table, as JSON and by name, and deleted', async () => {
    assert.equal((await sluice(['group', 'create', 'g1', '--description', '数据'])).code, 0)
    const table = (await sluice(['group', 'list'])).out.split('\n')
    assert.match(table[0]!, /^NAME +KIND +STATUS +READY +FREE +LIMITS +AGE +DESCRIPTION$/)
    assert.match(table[1]!, /^g1 +custom +Empty +0\/0 +0\/0 +- +\d+\w +数据$/)
    const json = JSON.parse((await sluice(['group', 'list', '-o', 'json'])).out) as unknown[]
    assert.equal(json.length, 1)
    assert.equal((await sluice(['group', 'list', '-o', 'name'])).out, 'g1\n')
    const bare = (await sluice(['group', 'list', '--no-headers'])).out
    assert.ok(bare.startsWith('g1 '))
    assert.match((await sluice(['group', 'token', 'g1'])).out, /sluice agent enrol --link/)
    assert.equal((await sluice(['group', 'delete', 'g1'])).code, 0)
    assert.equal((await sluice(['group', 'delete', 'g1'])).code, 3)
  })

  test('a group is reserved, limited, paused, resumed, freed and drained', async () => {
    const reserve = ['--kind', 'exclusive', '--reserve-job', 'orders', '--reserve-owner', 'ci']
    const limits = ['--mbps', '200', '--channels', '8', '--label', 'idc=hz', '--label', 'net=a']
    assert.equal((await sluice(['group', 'create', 'g2', '--kind', 'exclusive'])).code, 1)
    assert.equal((await sluice(['group', 'create', 'g2', ...reserve, ...limits])).code, 0)
    const shown = (await sluice(['group', 'show', 'g2'])).out
    for (const line of [
      /^Kind: +exclusive$/m,
      /^Reserved for jobs: +orders$/m,
      /^Reserved for owners: +ci$/m,
      /^Limits: +200 MiB\/s, 8 channels$/m,
      /^Labels: +idc=hz, net=a$/m,
    ]) {
      assert.match(shown, line)
    }
    assert.equal((await sluice(['group', 'pause', 'g2'])).code, 0)
    const paused = JSON.parse((await sluice(['group', 'show', 'g2', '-o', 'json'])).out) as object
    assert.equal('paused' in paused && paused.paused, true)
    assert.equal((await sluice(['group', 'resume', 'g2'])).code, 0)
    assert.equal((await sluice(['group', 'update', 'g2', '--mbps', 'none'])).code, 0)
    assert.match((await sluice(['group', 'show', 'g2'])).out, /^Limits: +8 channels$/m)
    const nothing = await Promise.all([
      sluice(['group', 'update', 'g2']),
      sluice(['group', 'update', 'g2', '--mbps', '-1']),
      sluice(['group', 'drain', 'g2', '--deadline', 'soon']),
    ])
    assert.deepEqual(
      nothing.map(({ code }) => code),
      [2, 2, 2],
    )
    assert.match((await sluice(['group', 'drain', 'g2', '--deadline', '10m'])).err, /No agent/)
    assert.equal((await sluice(['group', 'delete', 'g2'])).code, 0)
  })

  test('an agent is shown, drained and revoked, and its log is printed', async () => {
    const id = await addAgent(server.store.db, 'idc', 'idc-1')
    const line = { runId: null, agentId: id, workId: '', attempt: 0, atMs: 0, level: 'info' }
    await insertLogLines(server.store.db, [{ ...line, message: 'hello', fields: { port: 1 } }])
    assert.match((await sluice(['agent', 'list'])).out, /idc-1 +idc +Stopped +enrolled +0\/0 /)
    assert.match((await sluice(['agent', 'show', 'idc-1'])).out, /Host: +host-1/)
    assert.equal(
      (await sluice(['agent', 'logs', 'idc-1'])).out,
      '1970-01-01T00:00:00.000Z INFO  idc-1  hello port=1\n',
    )
    assert.equal((await sluice(['agent', 'update', 'idc-1', '--weight', '5'])).code, 0)
    assert.match((await sluice(['agent', 'show', 'idc-1'])).out, /^Weight: +5$/m)
    assert.equal((await sluice(['agent', 'update', 'idc-1'])).code, 2)
    assert.equal((await sluice(['agent', 'move', 'idc-1', '--group', 'nowhere'])).code, 3)
    assert.match((await sluice(['agent', 'drain', 'idc-1', '--deadline', '10m'])).err, /draining/)
    assert.equal(server.agents.drainDeadlines.at(-1), 600_000)
    assert.equal((await sluice(['agent', 'move', 'idc-1', '--group', 'idc'])).code, 0)
    assert.equal((await sluice(['agent', 'resume', 'idc-1'])).code, 0)
    assert.equal((await sluice(['agent', 'revoke', 'idc-1'])).code, 0)
    assert.equal((await sluice(['agent', 'delete', 'idc-1'])).code, 0)
  })

  test('a server is added, waited for step by step, and shown until it is installed', async () => {
    await sluice(['group', 'create', 'added'])
    const known = ['--ip', '10.0.0.5', '--cpu', '8', '--memory-gb', '16']
    const add = ['agent', 'add', '--group', 'added', '--name', 'srv-1']
    const added = await sluice([...add, ...known])
    assert.equal(added.code, 0)
    assert.match(added.out, /^Run on the host: +sluice agent enrol --link/m)
    assert.match(added.err, /^Then: sluice agent wait srv-1$/m)
    assert.match(
      (await sluice(['group', 'show', 'added'])).out,
      /^srv-1 +NotInstalled +10\.0\.0\.5$/m,
    )
    const useless = ['--uuid', '00000000-0000-0000-0000-000000000000']
    const refused = await sluice([...add, ...useless])
    assert.deepEqual([refused.code, /many hosts have it/.test(refused.err)], [1, true])

    const waited = ended(start(['agent', 'wait', 'srv-1']))
    const ofGroup = sluice(['agent', 'wait', '--group', 'added', '--timeout', '1ms'])
    const missing = await ofGroup
    assert.equal(missing.code, 1)
    assert.match(missing.err, /0 of 1 agents of group added are available: srv-1: not installed/)
    const [group] = await server.store.db.query<{ id: number }>(
      "SELECT id FROM resource_groups WHERE name = 'added'",
    )
    const id = await addAgent(server.store.db, 'elsewhere', 'srv-1')
    await server.store.db.query("UPDATE agents SET state = 'online' WHERE id = $1", [id])
    server.agents.ready = [{ agentId: id, groupId: group!.id, name: 'srv-1', channels: 4 }]
    const { code, err } = await waited
    assert.deepEqual([code, /srv-1 is Available: \d+ channels/.test(err)], [0, true], err)
    server.agents.ready = []
    const wrong = await Promise.all([
      sluice(['agent', 'wait']),
      sluice(['agent', 'wait', 'srv-1', '--count', '2']),
      sluice(['agent', 'add']),
    ])
    assert.deepEqual(
      wrong.map((one) => one.code),
      [2, 2, 2],
    )
  })

  test('drain --wait stays until the agent is drained', async () => {
    const { db } = server.store
    const id = await addAgent(db, 'draining', 'slow')
    const child = start(['agent', 'drain', 'slow', '--wait'])
    const end = ended(child)
    await once(child.stderr!, 'data') // it has been told that the agent drains, and waits
    await db.query("UPDATE agents SET state = 'drained' WHERE id = $1", [id])
    const { code, err } = await end
    assert.deepEqual([code, err], [0, 'Agent slow is draining.\nAgent slow is drained.\n'])
    server.agents.drainsAtOnce = true
    const idle = await sluice(['agent', 'drain', 'slow', '--wait'])
    server.agents.drainsAtOnce = false
    assert.deepEqual([idle.code, idle.err], [0, 'Agent slow is drained.\n'])
  })

  test('a new token works at once', async () => {
    const created = (await sluice(['token', 'create', 'ci'])).out.trim()
    printed.pop() // the one place where a token is printed
    printed.pop()
    const env = { SLUICE_TOKEN: '', SLUICE_TOKEN_FILE: file('token', `${created}\n`) }
    const { code, out } = await sluice(['token', 'list', '-o', 'name'], {
      env: { ...env, SLUICE_TOKEN: created },
    })
    assert.deepEqual([code, out], [0, 'admin\nci\n'])
    assert.equal((await sluice(['token', 'delete', 'ci'])).code, 0)
  })
})

test('audit events are listed, the newest last', async () => {
  const at = { atMs: Date.now() - 60_000, actor: 'ci', agentId: null, peer: null, detail: null }
  await insertAuditEvents(server.store.db, [
    { ...at, kind: 'group.created', groupName: 'seen', message: 'Group seen was created' },
    { ...at, kind: 'group.changed', groupName: 'seen', message: 'Group seen: paused' },
  ])
  const list = ['audit', 'list', '--group', 'seen']
  const lines = (await sluice([...list, '--no-headers'])).out.trimEnd().split('\n')
  assert.match(lines[0]!, /group\.created +ci +- +seen +- +Group seen was created$/)
  assert.equal(lines.length, 2)
  assert.equal((await sluice([...list, '--since', '30s'])).out, '')
  const kind = await sluice([...list, '--kind', 'group.changed', '--since', '1h', '-o', 'json'])
  assert.equal((JSON.parse(kind.out) as unknown[]).length, 1)
  assert.equal((await sluice([...list, '--since', 'yesterday'])).code, 2)
})

describe('data sources and jobs', () => {
  test('a password reaches the control plane through the environment', async () => {
    const { saslPassword, ...shown } = KAFKA_SOURCE.properties
    const args = ['datasource', 'apply', 'kafka_shop', '--type', 'kafka']
    for (const [key, value] of Object.entries(shown)) args.push('--set', `${key}=${value}`)
    const applied = await sluice([...args, '--secret', 'saslPassword=env:PW'], {
      env: { PW: saslPassword },
    })
    assert.deepEqual(
      [applied.code, applied.err.split('\n').at(-2)],
      [0, 'Data source kafka_shop: version 1.'],
    )
    const show = (await sluice(['datasource', 'show', 'kafka_shop'])).out
    assert.match(show, /"saslUsername": "shop"/)
    const refused = await sluice([...args, '--set', 'saslPassword=x'])
    assert.deepEqual([refused.code, /--secret/.test(refused.err)], [2, true])
  })

  test('a job with five mistakes prints five lines that an editor can follow', async () => {
    const path = file(
      'broken.json',
      jobText()
        .replace('"topic"', '"topik"')
        .replace('"STRING"', '"STRIN"')
        .replace('"concurrent": 2', '"concurrent": 99')
        .replace('"msg_body"', '"msg_body", "extra"')
        .replace('"table": "ods_orders"', '"table": "no spaces"'),
    )
    const { code, err } = await sluice(['job', 'apply', path])
    assert.equal(code, 1)
    const located = err.split('\n').filter((line) => line.startsWith(`${path}:`))
    assert.equal(located.length, 5, err)
    for (const line of located) assert.match(line, /broken\.json:\d+:\d+ {2}\$\.[\w.[\]]+ {2}\S/)
    assert.match(err, /Job broken was not applied/)
  })

  test('a job is applied from a file and from stdin, listed and shown', async () => {
    const path = file('orders.json', jobText())
    assert.match((await sluice(['job', 'apply', path])).err, /Job orders: version 1, applied/)
    const again = await sluice(['job', 'apply', '-', '--name', 'orders'], { stdin: jobText() })
    assert.match(again.err, /version 1, unchanged/)
    assert.match((await sluice(['job', 'list'])).out, /^orders +1 +- +- +-/m)
    assert.match((await sluice(['job', 'show', 'orders'])).out, /"topic": "orders"/)
    assert.equal((await sluice(['job', 'apply', join(dir, 'none.json')])).code, 2)
  })
})

describe('runs', () => {
  test('job run gives the parameters on, and prints the number', async () => {
    server.runs.startAnswer = { ok: true, value: { runId: 5 } }
    const flags = ['--param', 'ds=$[yyyymmdd-1]', '--cyctime', '20261122180000']
    const { code, out } = await sluice(['job', 'run', 'orders', ...flags, '--timezone', 'UTC'])
    assert.deepEqual([code, out], [0, '5\n'])
    const started = server.runs.started.at(-1)
    assert.deepEqual(started, {
      jobName: 'orders',
      groupName: null,
      params: { ds: '$[yyyymmdd-1]' },
      cycTimeMs: Date.UTC(2026, 10, 22, 18),
      owner: 'admin',
      peer: '127.0.0.1',
      priority: null,
    })
    await sluice(['job', 'run', 'orders', ...flags])
    // Without --timezone it is the control plane's, Asia/Shanghai, wherever the command runs.
    assert.equal(server.runs.started.at(-1)?.cycTimeMs, Date.UTC(2026, 10, 22, 10))
  })

  test('watching follows a run with its log lines to its end', async () => {
    await sluice(['group', 'create', 'watching'])
    const run = await addRun(server.store.db, 'orders', 'watching')
    server.runs.set(progressOf(run))
    const line = { runId: run, agentId: null, workId: '', attempt: 0, atMs: 0, level: 'info' }
    await insertLogLines(server.store.db, [{ ...line, message: 'slice 1 staged', fields: null }])
    const child = start(['run', 'watch', String(run), '--logs'])
    const end = ended(child)
    await watched(run)
    server.runs.set(progressOf(run, { state: 'succeeded', phase: '', rows: 1000, finishedAtMs: 1 }))
    const { code, err } = await end
    assert.equal(code, 0, err)
    assert.match(err, /run \d+ staging +25% {2}250\/1,000 rows/)
    assert.match(err, /control-plane {2}slice 1 staged/)
    assert.match(err, /run \d+ succeeded +100%/)
    assert.equal(server.runs.watcherCount(run), 0)
    assert.match(
      (await sluice(['run', 'list', '--job', 'orders'])).out,
      /orders +watching +waiting/,
    )
    assert.match((await sluice(['run', 'show', String(run)])).out, /Parameters: +ds=20261122/)
    assert.match((await sluice(['run', 'logs', String(run)])).out, /slice 1 staged/)
  })

  test('1 for a failed run, 6 for a held one with what a person can do', async () => {
    const error = {
      code: 'TOPIC_NOT_FOUND',
      message: 'no topic orders',
      where: { topic: 'orders' },
    }
    server.runs.set(progressOf(81, { state: 'failed', error, finishedAtMs: 1 }))
    server.runs.set(progressOf(82, { state: 'held', phase: '' }))
    const [failed, held] = await Promise.all([
      sluice(['run', 'watch', '81']),
      sluice(['run', 'watch', '82']),
    ])
    assert.deepEqual([failed.code, held.code], [1, 6])
    assert.match(failed.err, /TOPIC_NOT_FOUND: no topic orders\n {2}where: topic=orders\n/)
    assert.match(held.err, /sluice run resolve 82 not-committed/)
    assert.equal((await sluice(['run', 'resolve', '82', 'not-committed'])).code, 0)
    assert.equal(server.runs.decided.at(-1), 'resolve notCommitted 82')
    assert.equal((await sluice(['run', 'watch', '4711'])).code, 3)
  })

  test('Ctrl-C leaves the run alone and says so, with 130', async () => {
    server.runs.set(progressOf(83))
    const child = start(['run', 'watch', '83'])
    const end = ended(child)
    await watched(83)
    child.kill('SIGINT')
    const { code, err } = await end
    assert.equal(code, 130)
    assert.match(err, /Run 83 goes on/)
  })

  async function watched(run: number): Promise<void> {
    while (server.runs.watcherCount(run) === 0) await new Promise((done) => setTimeout(done, 10))
  }
})

test('sql prints a table, CSV, and the error of a statement that failed', async () => {
  const result = { columns: [{ name: 'n', type: 'STRING' }], rows: [['a,b'], [null]] }
  const value = { queryId: 'q', state: 'succeeded', result, error: null } as const
  server.runs.queryAnswer = { ok: true, value }
  const args = ['sql', '-d', 'odps_dw']
  assert.equal((await sluice([...args, 'SELECT n FROM t'])).out, 'n\na,b\nNULL\n')
  assert.equal((await sluice([...args, '-o', 'csv'], { stdin: 'SELECT 1' })).out, 'n\n"a,b"\n\n')
  const error = { code: 'SQL_FAILED', message: 'no table t', where: {}, cause: '' }
  const failed = { queryId: 'q', state: 'failed', result: null, error } as const
  server.runs.queryAnswer = { ok: true, value: failed }
  const answer = await sluice([...args, 'SELECT 2'])
  assert.deepEqual([answer.code, answer.err], [1, 'SQL_FAILED: no table t\n'])
  const nothing = { columns: [], rows: [], text: null, truncated: false }
  server.runs.queryAnswer = { ok: true, value: { ...value, result: nothing } }
  const ddl = await sluice([...args, 'CREATE TABLE t (n STRING)'])
  assert.deepEqual([ddl.code, ddl.out], [0, ''])
  assert.match(ddl.err, /no rows/)
})

describe('completion', () => {
  test('bash completes commands and options of the command before the cursor', async () => {
    const script = file('completion.bash', (await sluice(['completion', 'bash'])).out)
    const complete = (...words: string[]): string[] => {
      const list = words.map((word) => `'${word}'`).join(' ')
      const ask = `source ${script}; COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _sluice; echo "\${COMPREPLY[@]}"`
      return execFileSync('bash', ['-c', ask], { encoding: 'utf8' }).trim().split(' ')
    }
    assert.deepEqual(complete('sluice', 'j'), ['job'])
    assert.deepEqual(complete('sluice', 'job', 'ap'), ['apply'])
    assert.ok(complete('sluice', 'job', 'run', 'orders', '--').includes('--watch'))
  })

  test('zsh and fish scripts name every command', async () => {
    for (const shell of ['zsh', 'fish']) {
      const { code, out } = await sluice(['completion', shell])
      assert.equal(code, 0)
      for (const word of ['datasource', 'resolve', 'keep-secrets']) assert.ok(out.includes(word))
    }
  })
})

test('nothing that was printed holds a secret', () => {
  const everything = printed.join('')
  assert.ok(everything.length > 5000)
  assert.ok(!everything.includes('kafka-password-4711'))
  assert.ok(!everything.includes(server.token))
})
