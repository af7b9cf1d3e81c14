import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import type { Exchange } from '../http/exchange.ts'
import { ServiceError } from '../service-error.ts'
import type { Database } from '../store/database.ts'
import type { ColumnDef } from '../store/table-def.ts'
import { ArrowWriter } from '../wire/arrow-writer.ts'
import { encoderFor } from '../wire/content-encoding.ts'
import { RecordWriter } from '../wire/record-writer.ts'
import { readRows } from './row-source.ts'
import type { ColumnValues, RowSource } from './row-source.ts'

const FLUSH_BYTES = 256 * 1024
const ROW_RANGE = /^\(\s*(\d+)\s*,\s*(\d+)\s*\)$/

/** Answers `?data&rowrange=(start,count)[&columns=a,b][&arrow]` from a source of `total` rows. */
export async function sendRows(
  exchange: Exchange,
  database: Database,
  source: RowSource,
  total: number,
): Promise<void> {
  const [start, count] = rowRange(exchange.parameters.get('rowrange'), total)
  const isArrow = exchange.parameters.has('arrow')
  const indexes = requestedColumns(
    source.columns,
    exchange.parameters.get('columns') ?? '',
    isArrow,
  )
  const types = indexes.map((i) => (source.columns[i] as ColumnDef).type)
  const writer = isArrow
    ? new ArrowWriter(indexes.map((i) => source.columns[i] as ColumnDef))
    : new RecordSink(types)
  const pieces = encodeRows(readRows(database, source, indexes, start, count), writer, count)
  // Before the reply begins: what fails until here is answered as an error.
  const first = await pieces.next()
  const { response } = exchange
  const encoder = encoderFor(exchange.header('accept-encoding'))
  response.setHeader('content-type', 'application/octet-stream')
  if (encoder !== null) response.setHeader('content-encoding', encoder.name)
  const body = Readable.from(concatenate(first.value, pieces), { objectMode: false })
  if (encoder === null) await pipeline(body, response)
  else await pipeline(body, encoder.stream, response)
}

async function* encodeRows(
  rows: AsyncIterable<ColumnValues>,
  writer: RowSink,
  count: number,
): AsyncGenerator<Buffer, undefined> {
  let sent = 0
  for await (const columns of rows) {
    sent += columns[0]?.length ?? 0
    writer.write(columns)
    if (writer.pendingBytes >= FLUSH_BYTES) yield writer.take()
  }
  if (sent !== count) throw new Error(`the source gave ${sent} rows instead of ${count}`)
  writer.finish()
  yield writer.take()
}

async function* concatenate(
  first: Buffer | undefined,
  rest: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  if (first !== undefined) yield first
  yield* rest
}

interface RowSink {
  readonly pendingBytes: number
  write(columns: ColumnValues): void
  finish(): void
  take(): Buffer
}

class RecordSink implements RowSink {
  private readonly writer: RecordWriter

  constructor(types: ConstructorParameters<typeof RecordWriter>[0]) {
    this.writer = new RecordWriter(types)
  }

  get pendingBytes(): number {
    return this.writer.pendingBytes
  }

  write(columns: ColumnValues): void {
    const rowCount = columns[0]?.length ?? 0
    for (let row = 0; row < rowCount; row += 1) {
      this.writer.record(columns.map((c) => c[row] ?? null))
    }
  }

  finish(): void {
    this.writer.footer()
  }

  take(): Buffer {
    return this.writer.take()
  }
}

/** A range beyond the session's rows is refused. */
function rowRange(text: string | undefined, total: number): [number, number] {
  const match = ROW_RANGE.exec(text ?? '')
  const start = Number(match?.[1])
  const count = Number(match?.[2])
  if (match !== null && start + count <= total) return [start, count]
  throw new ServiceError(
    'InvalidRowRange',
    `row range '${text ?? ''}' is not (start,count) inside the session's ${total} rows`,
  )
}

/** Arrow answers in table order, whatever the order of the request: PyODPS expects that. */
function requestedColumns(columns: readonly ColumnDef[], text: string, isArrow: boolean): number[] {
  if (text === '') return columns.map((_, i) => i)
  const indexes = text.split(',').map((name) => {
    const index = columns.findIndex((c) => c.name === name.trim().toLowerCase())
    if (index >= 0) return index
    throw new ServiceError('InvalidColumnSpec', `there is no column '${name}'`)
  })
  return isArrow ? indexes.sort((a, b) => a - b) : indexes
}
