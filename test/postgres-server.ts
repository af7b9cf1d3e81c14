/**
 * A throw-away PostgreSQL server for tests, from the binaries that the system has
 * (Debian: `apt-get install postgresql`), on a free port of the loopback interface.
 * With SLUICE_TEST_DATABASE_URL set, that server is used instead; the role must be allowed to create databases.
 */
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Client } from 'pg'

export interface PostgresServer {
  /** A new empty database of the server; its URL. */
  createDatabase(): Promise<string>
  stop(): Promise<void>
}

interface RunAs {
  readonly uid: number
  readonly gid: number
}

/** Starts a server, or takes the one of SLUICE_TEST_DATABASE_URL. */
export async function startPostgresServer(): Promise<PostgresServer> {
  const given = process.env['SLUICE_TEST_DATABASE_URL']
  if (given !== undefined && given !== '') {
    return { createDatabase: () => createDatabase(given), stop: async () => {} }
  }
  const bin = binaryFolder()
  const user = process.getuid?.() === 0 ? postgresUser() : null // initdb refuses root
  const folder = mkdtempSync(join(tmpdir(), 'sluice-postgres-'))
  if (user) chownSync(folder, user.uid, user.gid)
  const run = { stdio: 'pipe', cwd: folder, ...user } as const
  const data = join(folder, 'data')
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    run,
  )
  const port = await freePort()
  const args = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', folder]
  const server = spawn(join(bin, 'postgres'), args, run)
  const exited = once(server, 'exit')
  await readyLine(server)
  return {
    createDatabase: () => createDatabase(`postgres://postgres@127.0.0.1:${port}/postgres`),
    async stop() {
      server.kill('SIGINT') // fast shutdown: open connections are closed
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function createDatabase(adminUrl: string): Promise<string> {
  const name = `sluice_test_${randomBytes(6).toString('hex')}`
  const admin = new Client({ connectionString: adminUrl })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${name}`)
  await admin.end()
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return url.href
}

function binaryFolder(): string {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : []
  const bin = versions
    .map((version) => join(root, version, 'bin'))
    .find((b) => existsSync(join(b, 'initdb')))
  if (bin === undefined) {
    throw new Error(
      `no PostgreSQL server below ${root}: install one, or set SLUICE_TEST_DATABASE_URL`,
    )
  }
  return bin
}

function postgresUser(): RunAs {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** Resolves with the server's own word that it is ready; rejects with its output when it ends before. */
async function readyLine(server: ReturnType<typeof spawn>): Promise<void> {
  let output = ''
  await new Promise<void>((resolve, reject) => {
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.includes('ready to accept connections')) resolve()
    })
    server.once('exit', () => reject(new Error(`postgres ended at its start: ${output}`)))
    server.once('error', reject)
  })
}
