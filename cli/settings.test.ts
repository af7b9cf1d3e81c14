import assert from 'node:assert/strict'
import { test } from 'node:test'

import { UsageError } from './client-error.ts'
import { parseCycTime } from './cyc-time.ts'
import { datasourceInput } from './datasource-input.ts'
import { problemLine } from './problem-lines.ts'
import { DEFAULT_SERVER, resolveSettings } from './settings.ts'

const HOME = { HOME: '/home/ann' }
const CONFIG = '/home/ann/.config/sluice/config.json'

test('the environment comes before the config file, the file before the default', () => {
  const files: Record<string, string> = {
    [CONFIG]: '{"server": "https://plane:7420/", "tokenFile": "/t"}',
    '/t': 'from-config\n',
    '/e': 'from-env-file\n',
  }
  const read = (path: string) => files[path]
  assert.deepEqual(
    resolveSettings(HOME, () => undefined),
    {
      server: DEFAULT_SERVER,
      token: null,
      caPem: null,
    },
  )
  assert.equal(resolveSettings(HOME, read).server, 'https://plane:7420')
  assert.equal(resolveSettings(HOME, read).token, 'from-config')
  assert.equal(resolveSettings({ ...HOME, SLUICE_TOKEN_FILE: '/e' }, read).token, 'from-env-file')
  const env = { ...HOME, SLUICE_TOKEN: 't', SLUICE_TOKEN_FILE: '/e', SLUICE_SERVER: 'http://h:1' }
  assert.deepEqual(resolveSettings(env, read), { server: 'http://h:1', token: 't', caPem: null })
})

test('a wrong setting is named, and a config file is never quoted', () => {
  const broken = (path: string) => (path === CONFIG ? '{"token": "hunter2"' : undefined)
  assert.throws(
    () => resolveSettings(HOME, broken),
    (error) => error instanceof UsageError && !error.message.includes('hunter2'),
  )
  const env = { ...HOME, SLUICE_SERVER: 'plane:7420' }
  assert.throws(() => resolveSettings(env, () => undefined), /SLUICE_SERVER/)
  const missing = { ...HOME, SLUICE_TOKEN_FILE: '/none' }
  assert.throws(() => resolveSettings(missing, () => undefined), /cannot read \/none/)
})

test('a planned time is taken in the zone that is named, unless it names its own', () => {
  const shanghai = Date.UTC(2026, 10, 22, 10, 0, 0)
  assert.equal(parseCycTime('20261122180000', 'Asia/Shanghai'), shanghai)
  assert.equal(parseCycTime('202611221800', 'Asia/Shanghai'), shanghai)
  assert.equal(parseCycTime('2026-11-22T18:00:00', 'Asia/Shanghai'), shanghai)
  assert.equal(parseCycTime('2026-11-22T10:00:00Z', 'Asia/Shanghai'), shanghai)
  assert.throws(() => parseCycTime('yesterday', 'UTC'), UsageError)
  assert.throws(() => parseCycTime('20261122180000', 'Mars/Olympus'), /--timezone/)
})

test('a secret of a data source comes from the environment, never from the command line', async () => {
  const flags = { type: 'kafka', set: ['address=h:1', 'saslUsername=u'], secret: [] }
  const secret = ['saslPassword=env:PW']
  assert.deepEqual(await datasourceInput({ ...flags, secret }, { PW: 'a=b' }), {
    type: 'kafka',
    properties: { address: 'h:1', saslUsername: 'u', saslPassword: 'a=b' },
  })
  await assert.rejects(datasourceInput({ ...flags, set: ['saslPassword=x'] }, {}), /--secret/)
  await assert.rejects(datasourceInput({ ...flags, set: ['accessKey=x'] }, {}), /--secret/)
  await assert.rejects(datasourceInput({ ...flags, secret }, {}), /PW is not set/)
  await assert.rejects(datasourceInput({ ...flags, secret: ['k=plain'] }, {}), /env:NAME/)
})

test('a problem says where it is, and nothing twice', () => {
  const problem = {
    severity: 'error' as const,
    code: 'out-of-range',
    path: '$.setting.speed.concurrent',
    line: 50,
    column: 21,
    found: '99',
    expected: '1 to 32',
    message: 'too many channels',
  }
  assert.equal(
    problemLine('a.json', problem),
    'a.json:50:21  $.setting.speed.concurrent  too many channels (found 99, expected 1 to 32)',
  )
  const said = { ...problem, line: null, message: 'must be 1 to 32, but is 99' }
  assert.equal(
    problemLine('a.json', said),
    'a.json  $.setting.speed.concurrent  must be 1 to 32, but is 99',
  )
})
