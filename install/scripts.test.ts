/** The shell scripts as shells see them, and the preflight's verdicts on hosts that are faked by the tools it asks. */
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const SCRIPTS = ['install.sh', 'uninstall.sh', 'command.sh', 'init.sh', 'bundle/sluice-agent.sh']

function has(tool: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0
}

function tempDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-scripts-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

test('every shell that is here takes the scripts', () => {
  const shells = [['sh'], ['dash'], ['bash', '--posix'], ['busybox', 'sh']]
  const here = shells.filter(([tool]) => has(tool ?? ''))
  assert.notEqual(here.length, 0)
  for (const [shell = 'sh', ...args] of here) {
    for (const script of SCRIPTS) {
      const { status, stderr } = spawnSync(shell, [...args, '-n', join(HERE, script)])
      assert.equal(status, 0, `${shell} ${script}: ${stderr.toString()}`)
    }
  }
})

test(
  'systemd takes the unit',
  { skip: !has('systemd-analyze') && 'there is no systemd here' },
  (t) => {
    const dir = tempDir(t)
    const bin = join(dir, 'current/bin')
    mkdirSync(bin, { recursive: true })
    writeFileSync(join(bin, 'sluice-agent'), '#!/bin/sh\n', { mode: 0o755 })
    const values: Readonly<Record<string, string>> = {
      PREFIX: dir,
      STATE_DIR: dir,
      USER: 'root',
      GROUP: 'root',
    }
    const unit = readFileSync(join(HERE, 'sluice-agent.service'), 'utf8').replaceAll(
      /@(\w+)@/g,
      (_, name: string) => values[name] ?? assert.fail(`nobody fills in ${name}`),
    )
    const path = join(dir, 'sluice-agent.service')
    writeFileSync(path, unit)
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path])
    assert.equal(status, 0, stderr.toString())
    assert.doesNotMatch(stderr.toString(), /sluice-agent\.service/, 'it says nothing of the unit')
  },
)

/** The installer with values as of a control plane that nobody can reach. */
function script(dir: string): string {
  const values: Readonly<Record<string, string>> = {
    LINK: '127.0.0.1:1',
    WEB: 'https://127.0.0.1:1',
    ARCH: 'x64',
    VERSION: '9.9.9',
    PAYLOAD_LINE: '',
  }
  const text = readFileSync(join(HERE, 'install.sh'), 'utf8').replaceAll(
    /'@(\w+)@'/g,
    (_, name: string) => `'${values[name] ?? 'x'}'`,
  )
  const path = join(dir, 'install.sh')
  writeFileSync(path, text)
  return path
}

/** Runs the preflight with these tools before the host's own; all it said. */
function preflight(t: TestContext, tools: Readonly<Record<string, string>>): Promise<string> {
  const dir = tempDir(t)
  const bin = join(dir, 'bin')
  mkdirSync(bin)
  for (const [name, body] of Object.entries({ uname: 'echo x86_64', curl: 'exit 7', ...tools })) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, TMPDIR: dir }
  const args = [script(dir), '--preflight', '--prefix', `${dir}/p`, '--state-dir', `${dir}/s`]
  return new Promise((resolve) => {
    execFile('sh', args, { env }, (error, stdout, stderr) => {
      assert.equal(error?.code, 1, `${stdout}${stderr}`) // at least the control plane is not there
      assert.equal(spawnSync('ls', ['-A', dir]).stdout.toString(), 'bin\ninstall.sh\n')
      resolve(stdout)
    })
  })
}

const UNAME = 'case $1 in -s) echo Linux ;; *) echo'
const DF = (freeKb: number): string =>
  `echo Filesystem 1024-blocks Used Available Capacity Mounted on; echo /dev/vda1 1000000 1 ${freeKb} 99% /data`

test('an architecture that no agent is made for is named', async (t) => {
  const said = await preflight(t, { uname: `${UNAME} riscv64 ;; esac` })
  assert.match(said, /^FAIL {2}architecture {2}riscv64: agents run on x86_64 and aarch64$/m)
})

test('the script of the other architecture is named, with the right one', async (t) => {
  const said = await preflight(t, { uname: `${UNAME} aarch64 ;; esac` })
  assert.match(said, /^FAIL {2}architecture .*agent for x64: fetch .*install\.sh\?arch=arm64/m)
})

test('musl and an old glibc are named', async (t) => {
  const musl = await preflight(t, { getconf: 'exit 1', ldd: 'echo "musl libc (x86_64)" >&2' })
  assert.match(musl, /^FAIL {2}libc {10}musl .*glibc 2\.28 or newer/m)
  const old = await preflight(t, { getconf: 'echo glibc 2.17' })
  assert.match(old, /^FAIL {2}libc {10}glibc 2\.17: glibc 2\.28 or newer is needed/m)
  const fine = await preflight(t, { getconf: 'echo glibc 2.28' })
  assert.match(fine, /^ok {4}libc {10}glibc 2\.28$/m)
})

test('a full disk is named with what is free, and the checks after it still run', async (t) => {
  const said = await preflight(t, { df: DF(12_288) })
  assert.match(said, /^FAIL {2}disk {10}\S+: \/data is 99% full, 12 MB free: make room \(450 MB/m)
  assert.match(said, /^FAIL {2}bundle {8}no place to unpack it/m)
  assert.match(said, /^skip {2}token/m)
})

test('a control plane that cannot be reached is named, and what fails there is said', async (t) => {
  const refused = await preflight(t, { curl: 'echo "curl: (7) Failed to connect" >&2; exit 7' })
  assert.match(refused, /^FAIL {2}bundle .*Failed to connect.*set https_proxy/m)
  const proxy = await preflight(t, {
    curl: 'echo "curl: (56) CONNECT tunnel failed, response 407" >&2; exit 56',
  })
  assert.match(proxy, /^FAIL {2}bundle .*407.*https_proxy=http:\/\/USER:PASSWORD@HOST:PORT/m)
  const opened = await preflight(t, {
    curl: 'case "$*" in *-sSkvI*) echo "*  issuer: CN=Corp Inspection CA" >&2 ;; *) exit 90 ;; esac',
  })
  assert.match(opened, /^FAIL {2}bundle .*opens TLS .*CN=Corp Inspection CA/m)
})

test('missing tools are all named at once', async (t) => {
  const dir = tempDir(t)
  for (const tool of ['sh', 'id', 'uname', 'sed', 'df', 'cat', 'head', 'getconf']) {
    const real = spawnSync('sh', ['-c', `command -v ${tool}`])
      .stdout.toString()
      .trim()
    writeFileSync(join(dir, tool), `#!/bin/sh\nexec ${real} "$@"\n`, { mode: 0o755 })
  }
  const env = { PATH: dir }
  const { stdout } = spawnSync('/bin/sh', [script(dir), '--preflight'], { env })
  assert.match(
    stdout.toString(),
    /^FAIL {2}tools .*missing: tar gzip mktemp chown ln tail sha256sum/m,
  )
})

test('a value that a shell could read as something else is refused', (t) => {
  const args = [script(tempDir(t)), '--preflight', '--name', "x'; reboot; '"]
  const { status, stderr } = spawnSync('sh', args)
  assert.equal(status, 2)
  assert.match(stderr.toString(), /--name .*letters, digits/)
})
