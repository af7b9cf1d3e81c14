/**
 * Download sessions: a snapshot of a table, a partition or a query's result, read by ranges of rows.
 *
 * R1. The order of rows is stable within a session. So a read that breaks off goes on at the first row that was not given out yet.
 * R2. Rows are given out only after their checksums, and a range is whole only when all its rows have come.
 */

import { MaxComputeError } from '../errors.ts'
import { type PartitionSpec, tunnelForm } from '../partition-spec.ts'
import { backoffMs, pause, REPEATABLE, type RetryRule, TRIES_MAX } from '../retry.ts'
import { type Json, parseJsonObject, parseSchema, type TableColumn } from '../schema.ts'
import type { Service, ServiceAnswer } from '../service.ts'
import { decodeArrow } from './arrow-decoder.ts'
import type { BlockEncoding } from './block-encoder.ts'
import { ACCEPT_ENCODING, decompress } from './compression.ts'
import { RecordDecoder } from './record-decoder.ts'
import type { Row } from './row-value.ts'

/** Rows of one request: a connection lives five minutes at most. */
const RANGE_ROWS_MAX = 1_000_000

/** Looks at a session that the service is still preparing. */
const INITIATING_LOOKS_MAX = 60

export interface CreateDownloadOptions {
  readonly table: string
  readonly partition?: PartitionSpec
  readonly signal?: AbortSignal
}

export interface ReadOptions {
  /** First row, from 0. */
  readonly start?: number
  /** Absent: all the rest. */
  readonly count?: number
  /** By name; absent: all, in the table's order. */
  readonly columns?: readonly string[]
  /** Arrow is read for the types that it can carry; TIMESTAMP beyond the years 1678 to 2261 cannot. */
  readonly encoding?: BlockEncoding
  readonly signal?: AbortSignal
}

/** What a session reads from: a table's or an instance's resource. */
export interface DownloadSource {
  readonly path: readonly string[]
  readonly query: Readonly<Record<string, string>>
}

export async function createDownloadSession(
  service: Service,
  options: CreateDownloadOptions,
): Promise<DownloadSession> {
  const { table, partition, signal } = options
  const source: DownloadSource = {
    path: service.tablePath(table),
    query: partition === undefined ? {} : { partition: tunnelForm(partition) },
  }
  return startDownload(service, source, {}, REPEATABLE, signal)
}

/** Creates a session and waits until the service has prepared it. */
export async function startDownload(
  service: Service,
  source: DownloadSource,
  createQuery: Readonly<Record<string, string>>,
  retry: RetryRule,
  signal: AbortSignal | undefined,
): Promise<DownloadSession> {
  const { quotaName } = service.options
  const query = { ...source.query, ...(quotaName === undefined ? {} : { quotaName }) }
  const request = { endpoint: 'tunnel', path: source.path, retry, signal } as const
  let answer = await service.call({
    ...request,
    method: 'POST',
    query: { downloads: '', ...createQuery, ...query },
  })
  let json = parseJsonObject(answer.body.toString('utf8'), answer.where)
  const downloadId = idOf(json, answer)
  for (let looks = 1; statusOf(json) === 'initiating'; looks++) {
    if (looks > INITIATING_LOOKS_MAX) {
      throw unexpected(answer, `download session ${downloadId} is not ready after ${looks} looks`)
    }
    await pause(service.clock, backoffMs(looks, service.clock.random()), answer.where, signal)
    answer = await service.call({
      ...request,
      method: 'GET',
      query: { downloadid: downloadId, ...query },
    })
    json = parseJsonObject(answer.body.toString('utf8'), answer.where)
  }
  return new DownloadSession(service, { ...source, query }, downloadId, json, answer)
}

export class DownloadSession {
  readonly downloadId: string
  readonly recordCount: number
  readonly columns: readonly TableColumn[]
  readonly #service: Service
  readonly #source: DownloadSource

  constructor(
    service: Service,
    source: DownloadSource,
    downloadId: string,
    json: Json,
    answer: ServiceAnswer,
  ) {
    const recordCount = Number(json['RecordCount'])
    const schema = json['Schema']
    if (!Number.isSafeInteger(recordCount)) throw unexpected(answer, 'it has no RecordCount')
    if (typeof schema !== 'object' || schema === null) throw unexpected(answer, 'it has no Schema')
    this.#service = service
    this.#source = source
    this.downloadId = downloadId
    this.recordCount = recordCount
    this.columns = parseSchema(schema as Json, answer.where).columns
  }

  /** The rows of a range, in order. A read that breaks off is taken up again (R1). */
  async *rows(options: ReadOptions = {}): AsyncGenerator<Row, void, undefined> {
    const columns = this.#chosen(options.columns)
    const end = Math.min(this.recordCount, (options.start ?? 0) + (options.count ?? Infinity))
    const { clock } = this.#service
    let at = options.start ?? 0
    let failures = 0
    while (at < end) {
      const count = Math.min(RANGE_ROWS_MAX, end - at)
      try {
        for await (const rows of this.#range(at, count, columns, options)) {
          at += rows.length
          failures = 0
          yield* rows
        }
      } catch (thrown) {
        failures++
        const mayGoOn = thrown instanceof MaxComputeError && thrown.retry === 'backoff'
        if (!mayGoOn || failures >= TRIES_MAX) throw thrown
        const waitMs = backoffMs(failures, clock.random(), thrown.holdMs)
        await pause(clock, waitMs, `download ${this.downloadId}`, options.signal)
      }
    }
  }

  async *#range(
    start: number,
    count: number,
    columns: readonly TableColumn[],
    options: ReadOptions,
  ): AsyncGenerator<Row[], void, undefined> {
    const response = await this.#service.open({
      endpoint: 'tunnel',
      method: 'GET',
      path: this.#source.path,
      query: {
        data: '',
        downloadid: this.downloadId,
        rowrange: `(${start},${count})`,
        ...(options.columns === undefined
          ? {}
          : { columns: columns.map(({ name }) => name).join(',') }),
        ...(options.encoding === 'arrow' ? { arrow: '' } : {}),
        ...this.#source.query,
      },
      headers: { 'Accept-Encoding': ACCEPT_ENCODING },
      signal: options.signal,
    })
    const body = decompress(response.body, response.headers['content-encoding'])
    const batches =
      options.encoding === 'arrow' ? decodeArrow(columns, body) : decodeRecords(columns, body)
    let got = 0
    for await (const rows of batches) {
      got += rows.length
      if (got > count) break
      if (rows.length > 0) yield rows
    }
    if (got === count) return // R2
    throw new MaxComputeError(
      'CorruptedResponse',
      `Download ${this.downloadId}: ${got} rows came of the ${count} from row ${start} on`,
      { retry: 'backoff', reached: 'yes' },
    )
  }

  /** In the table's order: with Arrow the service may keep to that whatever was asked for. */
  #chosen(names: readonly string[] | undefined): readonly TableColumn[] {
    if (names === undefined) return this.columns
    const wanted = new Set(names.map((name) => name.toLowerCase()))
    const chosen = this.columns.filter(({ name }) => wanted.delete(name.toLowerCase()))
    if (wanted.size === 0) return chosen
    throw new MaxComputeError(
      'InvalidColumnSpec',
      `There is no column ${[...wanted].join(', ')} in ${this.columns.map(({ name }) => name).join(', ')}`,
    )
  }
}

async function* decodeRecords(
  columns: readonly TableColumn[],
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Row[], void, undefined> {
  const decoder = new RecordDecoder(columns)
  for await (const chunk of body) yield decoder.push(chunk)
  yield decoder.end()
}

function idOf(json: Json, answer: ServiceAnswer): string {
  const id = json['DownloadID']
  if (typeof id === 'string' && id !== '') return id
  throw unexpected(answer, 'it has no DownloadID')
}

function statusOf(json: Json): string {
  const status = json['Status']
  return typeof status === 'string' ? status.toLowerCase() : ''
}

function unexpected(answer: ServiceAnswer, what: string): MaxComputeError {
  return new MaxComputeError(
    'UnexpectedResponse',
    `${answer.where}: the download session's description is not understood: ${what}`,
    { httpStatus: answer.status },
  )
}
