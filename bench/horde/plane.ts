/** The control plane under the horde: a process of its own with its embedded store. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { ApiClient } from '../../cli/client.ts'
import { LocalProcess } from '../../dev/local-system/local-process.ts'
import { choosePort } from '../../dev/local-system/ports.ts'

export interface Plane {
  readonly process: LocalProcess
  readonly apiUrl: string
  readonly link: { readonly host: string; readonly port: number }
  readonly caPem: string
  readonly client: ApiClient
}

/** What docs/12-scale.md advises for thousands of agents. */
const NODE_FLAGS = [
  '--initial-old-space-size=1024',
  '--max-semi-space-size=64',
  '--external-memory-accounted-in-global-limit',
]

/** Resolves when it is ready. */
export async function startPlane(stateDir: string, nodeFlags: readonly string[]): Promise<Plane> {
  const dataDir = join(stateDir, 'control-plane')
  const file = fileURLToPath(new URL('../../control-plane/main.ts', import.meta.url))
  const link = { host: '127.0.0.1', port: await choosePort() }
  const apiPort = await choosePort()
  const args = [
    `--data-dir=${dataDir}`,
    `--listen=127.0.0.1:${apiPort}`,
    `--link-listen=${link.host}:${link.port}`,
    '--install-listen=off',
    // Every record of the made-up topic becomes a slice: see work-results.ts.
    `--slice-bytes-max=${1024 * 1024}`,
  ]
  const process = new LocalProcess({
    name: 'control plane',
    logPath: join(stateDir, 'control-plane.log'),
    launch: () => ({
      file,
      args,
      nodeFlags: [...NODE_FLAGS, ...nodeFlags],
      env: { LOG_LEVEL: 'info' },
    }),
    isReady: null,
  })
  process.start()
  await process.ready()
  const apiUrl = `http://127.0.0.1:${apiPort}`
  const token = readFileSync(join(dataDir, 'admin.token'), 'utf8').trim()
  const caPem = readFileSync(join(dataDir, 'tls', 'ca.pem'), 'utf8')
  return { process, apiUrl, link, caPem, client: new ApiClient({ server: apiUrl, token }) }
}

/** Resident memory now, in bytes. */
export function rssBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

/** Counts what the control plane says of its agents, as its log grows. */
export class PlaneLog {
  readonly #path: string
  #offset = 0
  #rest = ''
  /** Declared dead. */
  lost = 0
  /** Silent for two and a half beats. */
  suspected = 0
  errors = 0
  lastError = ''

  constructor(path: string) {
    this.#path = path
  }

  read(): void {
    const fd = openSync(this.#path, 'r')
    const chunk = Buffer.allocUnsafe(1024 * 1024)
    try {
      for (;;) {
        const bytes = readSync(fd, chunk, 0, chunk.length, this.#offset)
        if (bytes === 0) return
        this.#offset += bytes
        const lines = (this.#rest + chunk.toString('utf8', 0, bytes)).split('\n')
        this.#rest = lines.pop() ?? ''
        for (const line of lines) this.#count(line)
      }
    } finally {
      closeSync(fd)
    }
  }

  #count(line: string): void {
    if (line.includes('"msg":"agent is lost"')) this.lost += 1
    else if (line.includes('"msg":"agent is silent"')) this.suspected += 1
    else if (line.startsWith('{"level":50') || line.startsWith('{"level":60')) {
      this.errors += 1
      this.lastError = line.slice(0, 500)
    }
  }
}
