import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

import { FrameReader } from './frame-reader.ts'
import { uuidBytes, WireReader, WireWriter } from './wire.ts'

/**
 * Brokers on real sockets for tests, answering what a script says: for what a real Kafka cannot be made
 * to do. Speaks ApiVersions v0, Metadata v1/v7/v12, ListOffsets v1..v5, OffsetForLeaderEpoch v3 and
 * Fetch v4/v11/v13 (the highest that `versions` allows of each).
 */

export interface FakeFetch {
  readonly brokerId: number
  readonly version: number
  readonly offset: number
  readonly leaderEpoch: number
  readonly maxBytes: number
  readonly topicId: string | null
  readonly atMs: number
}

export interface FakeFetchAnswer {
  readonly errorCode?: number
  readonly throttleMs?: number
  readonly highWatermark?: number
  readonly lastStableOffset?: number
  readonly aborted?: readonly { readonly producerId: number; readonly firstOffset: number }[]
  readonly records?: Buffer
}

/** `hang`: never answer. `cut`: half an answer, then close. */
export type FetchScript = (fetch: FakeFetch) => FakeFetchAnswer | 'hang' | 'cut' | 'close' | 'huge'

export interface FakeState {
  topic: string
  topicId: string
  leaderId: number
  leaderEpoch: number
  logStart: number
  logEnd: number
  /** Where any older epoch ends, as told to OffsetForLeaderEpoch. */
  olderEpochEnd: number
  fetch: FetchScript
  versions: Readonly<Record<number, readonly [number, number]>>
}

export const FAKE_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

const NEW_VERSIONS = { 1: [4, 13], 2: [1, 5], 3: [1, 12], 18: [0, 0], 23: [2, 3] } as const
export const OLD_VERSIONS = { 1: [0, 4], 2: [0, 1], 3: [0, 1], 18: [0, 0] } as const

export class FakeCluster {
  readonly state: FakeState
  readonly fetches: FakeFetch[] = []
  /** Connections that are open now. */
  readonly sockets = new Set<Socket>()
  readonly #servers: Server[] = []
  readonly #ports: number[] = []

  constructor(state: Partial<FakeState>) {
    this.state = {
      topic: 't',
      topicId: FAKE_TOPIC_ID,
      leaderId: 0,
      leaderEpoch: 5,
      logStart: 0,
      logEnd: 1_000_000,
      olderEpochEnd: 1_000_000,
      fetch: () => 'hang',
      versions: NEW_VERSIONS,
      ...state,
    }
  }

  async start(brokers = 1): Promise<this> {
    for (let id = 0; id < brokers; id++) {
      const server = createServer((socket) => this.#serve(id, socket)).listen(0, '127.0.0.1')
      await once(server, 'listening')
      this.#servers.push(server)
      this.#ports.push((server.address() as AddressInfo).port)
    }
    return this
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.#ports[0]}`
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await Promise.all(
      this.#servers.map(async (server) => {
        server.close()
        await once(server, 'close')
      }),
    )
  }

  #serve(brokerId: number, socket: Socket): void {
    this.sockets.add(socket)
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('error', () => {})
    const frames = new FrameReader(1 << 20, (frame) => this.#answer(brokerId, socket, frame))
    socket.on('data', (chunk) => frames.push(chunk))
  }

  #answer(brokerId: number, socket: Socket, frame: Buffer): void {
    const reader = new WireReader(frame)
    const key = reader.int16()
    const version = reader.int16()
    const correlationId = reader.int32()
    reader.nullableString()
    const flexible = (key === 1 && version >= 12) || (key === 3 && version >= 9)
    if (flexible) reader.skipTags()
    const head = new WireWriter().int32(correlationId)
    if (flexible) head.noTags()
    const send = (body: Buffer, bytes = body.length) => {
      const start = head.finish()
      const size = Buffer.alloc(4)
      size.writeInt32BE(start.length + body.length)
      socket.write(Buffer.concat([size, start, body.subarray(0, bytes)]))
    }
    if (key === 18) send(this.#apiVersions())
    else if (key === 3) send(this.#metadata(version))
    else if (key === 2) send(this.#listOffsets(reader, version))
    else if (key === 23) send(this.#epochEnds())
    else if (key === 1) this.#fetch(reader, version, brokerId, socket, send)
  }

  #apiVersions(): Buffer {
    const writer = new WireWriter().int16(0)
    writer.array(Object.entries(this.state.versions), ([key, [min, max]]) =>
      writer.int16(Number(key)).int16(min).int16(max),
    )
    return writer.finish()
  }

  #metadata(version: number): Buffer {
    const { topic, topicId, leaderId, leaderEpoch } = this.state
    const flexible = version >= 9
    const writer = new WireWriter()
    const count = (n: number) => (flexible ? writer.unsignedVarint(n + 1) : writer.int32(n))
    const text = (value: string | null) =>
      flexible ? writer.compactString(value) : writer.string(value)
    const tags = () => (flexible ? writer.noTags() : writer)
    if (version >= 3) writer.int32(0)
    count(this.#ports.length)
    for (const [id, port] of this.#ports.entries()) {
      writer.int32(id)
      text('127.0.0.1')
      writer.int32(port)
      text(null)
      tags()
    }
    if (version >= 2) text('fake')
    writer.int32(0)
    count(1)
    writer.int16(0)
    text(topic)
    if (version >= 10) writer.raw(uuidBytes(topicId))
    writer.boolean(false)
    count(1)
    writer.int16(0).int32(0).int32(leaderId)
    if (version >= 7) writer.int32(leaderEpoch)
    count(0)
    count(0)
    if (version >= 5) count(0)
    tags()
    if (version >= 8) writer.int32(0)
    tags()
    return tags().finish()
  }

  #listOffsets(reader: WireReader, version: number): Buffer {
    reader.int32()
    if (version >= 2) reader.int8()
    let timestamp = 0
    reader.array(() => {
      reader.string()
      reader.array(() => {
        reader.int32()
        if (version >= 4) reader.int32()
        timestamp = reader.int64()
      })
    })
    const { topic, logStart, logEnd, leaderEpoch } = this.state
    const writer = new WireWriter()
    if (version >= 2) writer.int32(0)
    writer.int32(1).string(topic).int32(1).int32(0).int16(0).int64(-1)
    writer.int64(timestamp === -2 ? logStart : logEnd)
    if (version >= 4) writer.int32(leaderEpoch)
    return writer.finish()
  }

  #epochEnds(): Buffer {
    const { topic, olderEpochEnd, leaderEpoch } = this.state
    const writer = new WireWriter().int32(0).int32(1).string(topic).int32(1).int16(0).int32(0)
    return writer
      .int32(leaderEpoch - 1)
      .int64(olderEpochEnd)
      .finish()
  }

  #fetch(
    reader: WireReader,
    version: number,
    brokerId: number,
    socket: Socket,
    send: (body: Buffer, bytes?: number) => void,
  ): void {
    const fetch = readFetch(reader, version, brokerId)
    this.fetches.push(fetch)
    const answer = this.state.fetch(fetch)
    if (answer === 'hang') return
    if (answer === 'close') socket.destroy()
    else if (answer === 'huge') socket.write(Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]))
    else if (answer === 'cut') {
      send(Buffer.alloc(1_000), 500)
      socket.end()
    } else send(this.#fetchAnswer(answer, version))
  }

  #fetchAnswer(answer: FakeFetchAnswer, version: number): Buffer {
    const { logStart, logEnd, topic, topicId } = this.state
    const { errorCode = 0, records = Buffer.alloc(0), aborted = [], throttleMs = 0 } = answer
    const { highWatermark = logEnd, lastStableOffset = logEnd } = answer
    const flexible = version >= 12
    const writer = new WireWriter().int32(throttleMs)
    const count = (n: number) => (flexible ? writer.unsignedVarint(n + 1) : writer.int32(n))
    const tags = () => (flexible ? writer.noTags() : writer)
    if (version >= 7) writer.int16(0).int32(0)
    count(1)
    if (version >= 13) writer.raw(uuidBytes(topicId))
    else writer.string(topic)
    count(1)
    writer.int32(0).int16(errorCode).int64(highWatermark).int64(lastStableOffset)
    if (version >= 5) writer.int64(logStart)
    count(aborted.length)
    for (const { producerId, firstOffset } of aborted) {
      writer.int64(producerId).int64(firstOffset)
      tags()
    }
    if (version >= 11) writer.int32(-1)
    count(records.length)
    writer.raw(records)
    tags()
    tags()
    return tags().finish()
  }
}

function readFetch(reader: WireReader, version: number, brokerId: number): FakeFetch {
  const flexible = version >= 12
  const count = () => (flexible ? reader.unsignedVarint() : reader.int32())
  reader.take(12) // replica, wait, minimum
  const maxBytes = reader.int32()
  reader.int8()
  if (version >= 7) reader.take(8)
  count()
  let topicId: string | null = null
  if (version >= 13) topicId = reader.uuid()
  else reader.string()
  count()
  reader.int32()
  const leaderEpoch = version >= 9 ? reader.int32() : -1
  const offset = reader.int64()
  return { brokerId, version, offset, leaderEpoch, maxBytes, topicId, atMs: performance.now() }
}
