import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { LocalSystemError } from './errors.ts'
import { LocalProcess } from './local-process.ts'

const dir = mkdtempSync(join(tmpdir(), 'sluice-local-process-'))
const started: LocalProcess[] = []
after(async () => {
  await Promise.all(started.map((process) => process.kill()))
  rmSync(dir, { recursive: true, force: true })
})

/** Says that it is ready, ends orderly on SIGTERM, and has a child of its own, as Kafka has. */
const SERVER = `
import { spawn } from 'node:child_process'
const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' })
process.on('SIGTERM', () => { child.kill(); process.exit(0) })
setInterval(() => {}, 1e6)
process.stdout.write(JSON.stringify({ ready: true, child: child.pid }) + '\\n')
`

let count = 0

function newProcess(source: string): LocalProcess {
  const file = join(dir, `process-${count++}.ts`)
  writeFileSync(file, source)
  const process = new LocalProcess({
    name: 'server',
    logPath: `${file}.log`,
    launch: () => ({ file, args: [], env: {} }),
    isReady: null,
  })
  started.push(process)
  return process
}

function childPid(process: LocalProcess): number {
  return lastLine(process.logPath).child
}

function lastLine(path: string): { readonly child: number } {
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  return JSON.parse(lines.at(-1)!) as { child: number }
}

function isAlive(pid: number): boolean {
  try {
    // A zombie still answers to signal 0 until its parent has looked at it.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] !== 'Z'
  } catch {
    return false
  }
}

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await sleep(10)
}

it('stops a process in order, and starts it again', async () => {
  const server = newProcess(SERVER)
  server.start()
  await server.ready()
  const first = server.pid
  await server.restart()
  assert.notEqual(server.pid, first)
  await server.stop()
  assert.deepEqual(server.end, { code: 0, signal: null })
  assert.equal(server.isRunning, false)
})

it('kills a process with what it has started', async () => {
  const server = newProcess(SERVER)
  server.start()
  await server.ready()
  const child = childPid(server)
  await server.kill()
  await gone(child)
  assert.deepEqual(server.end, { code: null, signal: 'SIGKILL' })
})

it('kills a process that is paused, and stops one that is paused in order', async () => {
  const server = newProcess(SERVER)
  server.start()
  await server.ready()
  server.pause()
  assert.equal(server.isPaused, true)
  await server.kill()
  server.start()
  await server.ready()
  assert.equal(server.isPaused, false)
  server.pause()
  await server.stop()
  assert.deepEqual(server.end, { code: 0, signal: null })
})

it('shows the end of the log of a process that ends before it is ready', async () => {
  const server = newProcess(`process.stderr.write('the disk is full\\n'); process.exit(3)`)
  server.start()
  await assert.rejects(server.ready(), (error: unknown) => {
    assert.ok(error instanceof LocalSystemError)
    assert.equal(error.code, 'ENDED_EARLY')
    assert.match(error.message, /server ended before it was ready \(exit code 3\)/)
    assert.match(error.message, /the disk is full/)
    return true
  })
})

it('leaves nothing behind when the process that started it is killed', async () => {
  const server = join(dir, 'server.ts')
  writeFileSync(server, SERVER)
  const starter = join(dir, 'starter.ts')
  const module = new URL('local-process.ts', import.meta.url).href
  writeFileSync(
    starter,
    `import { LocalProcess } from '${module}'
     const launch = () => ({ file: '${server}', args: [], env: {} })
     const server = new LocalProcess({ name: 's', logPath: '${server}.log', launch, isReady: null })
     server.start()
     await server.ready()
     process.stdout.write(server.pid + '\\n')
     setInterval(() => {}, 1e6)`,
  )
  const child = spawn(process.execPath, [starter], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  const pid = await new Promise<number>((resolve) =>
    lines.once('line', (line) => resolve(Number(line))),
  )
  const grandchild = lastLine(`${server}.log`).child
  assert.ok(isAlive(pid) && isAlive(grandchild))
  child.kill('SIGKILL')
  await gone(pid)
  await gone(grandchild)
})
