import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'

import { pino } from 'pino'

import { openTls } from '../tls/open-tls.ts'
import { Bundles } from './bundles.ts'
import { openInstall, type OpenInstall } from './open-install.ts'

const run = promisify(execFile)
const ARCHIVE = Buffer.from('not really an archive, but the bytes that were promised')
const NAME = 'sluice-agent-9.9.9-linux-x64-abcdef.tar.gz'

interface Served extends OpenInstall {
  readonly url: string
  readonly dir: string
}

/** With a bundle for x64 that somebody else has built. */
async function served(t: TestContext): Promise<Served> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-install-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const bundleDir = join(dir, 'bundles')
  await mkdir(bundleDir)
  await writeFile(join(bundleDir, NAME), ARCHIVE)
  const info = {
    file: NAME,
    version: '9.9.9',
    os: 'linux',
    arch: 'x64',
    sha256: createHash('sha256').update(ARCHIVE).digest('hex'),
    bytes: ARCHIVE.byteLength,
    node: '24.0.0',
    builtAt: '2026-01-01T00:00:00.000Z',
  }
  await writeFile(join(bundleDir, `${NAME}.json`), JSON.stringify(info))
  const tls = await openTls({ dir: join(dir, 'tls'), hostNames: [], nowMs: Date.now() })
  const open = await openInstall({
    bundles: new Bundles({ buildDir: join(dir, 'bundles'), givenDir: bundleDir }),
    listen: { host: '127.0.0.1', port: 0 },
    host: '127.0.0.1',
    linkPort: 7421,
    tls,
    log: pino({ level: 'silent' }),
  })
  t.after(() => open.close())
  return { ...open, url: open.installer.webUrl ?? '', dir }
}

interface Answer {
  readonly status: number
  readonly text: string
}

function ask(url: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, rejectUnauthorized: false, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('the printed command fetches the script by the pinned key, without a token in any argument', async (t) => {
  const { installer } = await served(t)
  const command = installer.command('tok.en')
  const [setToken, fetched] = command.split('; ')
  assert.equal(setToken, "export SLUICE_ENROL_TOKEN='tok.en'")
  assert.match(fetched ?? '', /\| sudo --preserve-env=SLUICE_ENROL_TOKEN,https_proxy,no_proxy sh$/)
  const curl = fetched?.split(' | ')[0]?.replace('$(uname -m)', 'x86_64') ?? ''
  const { stdout } = await run('sh', ['-c', curl])
  assert.match(stdout, /^#!\/bin\/sh\n/)
  assert.match(stdout, /^LINK='127\.0\.0\.1:7421'$/m)
  assert.match(
    stdout,
    new RegExp(`^SHA256='${createHash('sha256').update(ARCHIVE).digest('hex')}'$`, 'm'),
  )
  assert.doesNotMatch(stdout, /='@\w+@'/, 'every value is filled in')
  assert.doesNotMatch(stdout, /tok\.en/)
})

test('another key than the pinned one is refused by curl', async (t) => {
  const { installer, url } = await served(t)
  const wrong = createHash('sha256').update('another key').digest('base64')
  assert.notEqual(wrong, installer.keyPin)
  const args = ['-fsSk', '--pinnedpubkey', `sha256//${wrong}`, `${url}/install.sh`]
  await assert.rejects(run('curl', args), (error: { code?: unknown }) => error.code === 90)
})

test('the bundle that the script names is served as it is', async (t) => {
  const { url } = await served(t)
  const { text: script } = await ask(`${url}/install.sh`)
  const file = /^BUNDLE='(.*)'$/m.exec(script)?.[1] ?? ''
  assert.deepEqual(await ask(`${url}/bundles/${file}`), { status: 200, text: ARCHIVE.toString() })
})

test('nothing else is served', async (t) => {
  const { url } = await served(t)
  for (const path of [
    '/',
    '/api/v1/groups',
    '/bundles/',
    '/bundles/other.tar.gz',
    `/bundles/${NAME}.json`,
    '/bundles/..%2Ftls%2Fca-key.pem',
    '/../tls/ca-key.pem',
    '/install.sh?arch=riscv64',
  ]) {
    assert.equal((await ask(url + path)).status, 404, path)
  }
  assert.equal((await ask(`${url}/install.sh`, 'POST')).status, 405)
})

test('an architecture without a bundle is said to be missing, with how to build it', async (t) => {
  const { url } = await served(t)
  const { status, text } = await ask(`${url}/install.sh?arch=aarch64`)
  assert.equal(status, 503)
  assert.match(text, /no bundle for arm64 .*npm run bundle -- --arch arm64/)
})

test('one address gets so many answers a minute and no more', async (t) => {
  const { url } = await served(t)
  const statuses: number[] = []
  // Two whole minutes' worth: one of them is over the limit, wherever the minute ends.
  for (let number = 0; number < 245; number++) statuses.push((await ask(`${url}/ca.pem`)).status)
  assert.equal(statuses[0], 200)
  assert.ok(statuses.includes(429))
})

test('the one file to carry is the script with the bundle behind the line that it names', async (t) => {
  const { installer } = await served(t)
  const { script, bundlePath, bytes, fileName } = await installer.selfExtracting('x64')
  assert.equal(fileName, 'sluice-agent-9.9.9-linux-x64.run')
  const whole = Buffer.concat([script, await readFile(bundlePath)])
  assert.equal(whole.byteLength, bytes)
  const line = Number(/^PAYLOAD_LINE='(\d+)'$/m.exec(script.toString())?.[1])
  const lines = whole
    .toString('latin1')
    .split('\n')
    .slice(line - 1)
  assert.equal(lines.join('\n'), ARCHIVE.toString('latin1'))
})
