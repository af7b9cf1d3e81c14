/** A small signing client for the tests of the endpoint, and a temporary endpoint for it. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'

import { DEFAULT_CREDENTIALS, startLocalEndpoint } from './endpoint.ts'
import type { LocalEndpointOptions } from './endpoint.ts'
import { canonicalString, readTarget } from './http/signature.ts'
import type { OdpsType } from './type/odps-type.ts'
import { parseType } from './type/odps-type.ts'
import { RecordWriter } from './wire/record-writer.ts'
import type { Value } from './wire/value.ts'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

export interface SessionReply {
  readonly UploadID: string
  readonly DownloadID: string
  readonly Status: string
  readonly RecordCount: number
  readonly UploadedBlockList: readonly { readonly BlockID: number; readonly RecordCount: number }[]
}

export const PROJECT = 'proj'

export class TestClient {
  readonly port: number
  private readonly agent = new Agent({ keepAlive: false })

  constructor(port: number) {
    this.port = port
  }

  /** `target` is encoded already. Rejects when the connection is lost. */
  async send(
    method: string,
    target: string,
    body: Uint8Array | string = '',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    const signed = this.sign(method, target, headers)
    return new Promise((resolve, reject) => {
      const options = { port: this.port, method, path: target, headers: signed, agent: this.agent }
      const outgoing = httpRequest(options, (response) => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => pieces.push(piece))
        response.on('error', reject)
        response.on('end', () => {
          const status = response.statusCode ?? 0
          resolve({ status, headers: response.headers, body: Buffer.concat(pieces) })
        })
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }

  async createUpload(table: string, query = ''): Promise<SessionReply> {
    return this.json('POST', `${tablePath(table)}?uploads${query}`)
  }

  async getUpload(table: string, id: string, query = ''): Promise<SessionReply> {
    return this.json('GET', `${tablePath(table)}?uploadid=${id}${query}`)
  }

  async complete(table: string, id: string, query = ''): Promise<SessionReply> {
    return this.json('POST', `${tablePath(table)}?uploadid=${id}${query}`)
  }

  async putBlock(
    table: string,
    id: string,
    blockId: number,
    body: Uint8Array,
    options: { query?: string; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Reply> {
    const target = `${tablePath(table)}?uploadid=${id}&blockid=${blockId}${options.query ?? ''}`
    return this.send('PUT', target, body, options.headers)
  }

  /** Uploads rows as one block and completes the session. */
  async load(table: string, types: string, rows: readonly Value[][], query = ''): Promise<void> {
    const partition = query.match(/&partition=[^&]*/)?.[0] ?? ''
    const session = await this.createUpload(table, query)
    const options = { query: partition }
    const put = await this.putBlock(table, session.UploadID, 0, recordBody(types, rows), options)
    assert.equal(put.status, 200, put.body.toString())
    await this.complete(table, session.UploadID, partition)
  }

  /** Runs SQL to its end and returns the result: CSV without its header, or text. */
  async sql(query: string): Promise<string> {
    const xml = `<Instance><Job><Tasks><SQL><Name>t</Name><Query><![CDATA[${query}]]></Query></SQL></Tasks></Job></Instance>`
    const submitted = await this.send('POST', `/projects/${PROJECT}/instances?tryWait`, xml)
    assert.equal(submitted.status, 201, submitted.body.toString())
    const location = submitted.headers['location'] as string
    const target = `/projects/${PROJECT}/instances/${location.split('/').at(-1) ?? ''}`
    for (;;) {
      const status = (await this.send('GET', `${target}?taskstatus`)).body.toString()
      if (!status.includes('<Status>Running</Status></Task>') && !status.includes('Running')) break
    }
    const result = (await this.send('GET', `${target}?result`)).body.toString()
    const encoded = /<Result [^>]*Format="(\w+)"><!\[CDATA\[(.*?)\]\]>/s.exec(result)
    const text = Buffer.from(encoded?.[2] ?? '', 'base64').toString('utf8')
    return encoded?.[1] === 'csv' ? text.slice(text.indexOf('\n') + 1).trimEnd() : text
  }

  async arm(fault: Readonly<Record<string, unknown>>): Promise<void> {
    const reply = await this.send('POST', '/__faults', JSON.stringify(fault))
    assert.equal(reply.status, 200, reply.body.toString())
  }

  async json(method: string, target: string): Promise<SessionReply> {
    const reply = await this.send(method, target)
    const parsed = JSON.parse(reply.body.toString()) as SessionReply & {
      Code: string
      Message: string
    }
    if (reply.status !== 200) throw new Refusal(reply.status, parsed.Code, parsed.Message)
    return parsed
  }

  private sign(
    method: string,
    target: string,
    headers: Readonly<Record<string, string>>,
  ): Record<string, string> {
    const dated: Record<string, string> = { ...headers, date: new Date().toUTCString() }
    const { accessId, accessKey } = DEFAULT_CREDENTIALS
    const text = canonicalString(method, readTarget(target), dated)
    const signature = createHmac('sha1', accessKey).update(text).digest('base64')
    return { ...dated, authorization: `ODPS ${accessId}:${signature}` }
  }
}

/** A tunnel request that was refused. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export function tablePath(table: string): string {
  return `/projects/${PROJECT}/tables/${table}`
}

/** A record block; `types` as in DDL, separated by semicolons. */
export function recordBody(types: string, rows: readonly (readonly Value[])[]): Buffer {
  const parsed: OdpsType[] = types.split(';').map((t) => parseType(t.trim()))
  const writer = new RecordWriter(parsed)
  for (const row of rows) writer.record(row)
  writer.footer()
  return writer.take()
}

export function utf8(text: string): Buffer {
  return Buffer.from(text, 'utf8')
}

export async function temporaryDirectory(t: TestContext): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'sluice-mc-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** An endpoint in this process, closed after the test. */
export async function testEndpoint(
  t: TestContext,
  options: Partial<LocalEndpointOptions> = {},
): Promise<TestClient> {
  const dataDir = options.dataDir ?? (await temporaryDirectory(t))
  const endpoint = await startLocalEndpoint({ projects: [PROJECT], ...options, dataDir })
  t.after(() => endpoint.close())
  return new TestClient(endpoint.port)
}
