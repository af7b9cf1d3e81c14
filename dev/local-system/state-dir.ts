/** Where everything of a local system is kept, and the ports that it keeps over restarts. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { choosePort } from './ports.ts'

export interface Ports {
  readonly kafka: number
  readonly endpoint: number
  readonly api: number
  readonly link: number
}

export class StateDir {
  readonly root: string
  readonly kafka: string
  readonly endpoint: string
  readonly controlPlane: string
  /** Holds the token of the API's first user. */
  readonly tokenFile: string

  constructor(stateDir: string) {
    this.root = resolve(stateDir)
    this.kafka = join(this.root, 'kafka')
    this.endpoint = join(this.root, 'maxcompute')
    this.controlPlane = join(this.root, 'control-plane')
    this.tokenFile = join(this.controlPlane, 'admin.token')
    mkdirSync(this.root, { recursive: true, mode: 0o700 })
  }

  agent(name: string): string {
    return join(this.root, 'agents', name)
  }

  log(name: string): string {
    return join(this.root, 'logs', `${name}.log`)
  }

  /** Chosen at the first start. */
  async ports(): Promise<Ports> {
    const path = join(this.root, 'ports.json')
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Ports
    const ports = {
      kafka: await choosePort(),
      endpoint: await choosePort(),
      api: await choosePort(),
      link: await choosePort(),
    }
    writeFileSync(path, `${JSON.stringify(ports, null, 2)}\n`)
    return ports
  }
}
