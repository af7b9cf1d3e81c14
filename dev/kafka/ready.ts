import { connect } from 'node:net'

const ANSWER_TIMEOUT_MS = 5_000

/**
 * Whether the broker at `host:port` answers a Metadata request and has registered at least one
 * broker: only then can topics be created. Never throws.
 */
export function brokerAnswers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const chunks: Buffer[] = []
    const finish = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => finish(false))
    socket.on('error', () => finish(false))
    socket.on('close', () => finish(false))
    socket.on('connect', () => socket.write(metadataRequestV1()))
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      // size:int32 correlation_id:int32 brokers:ARRAY (its count first)
      if (bytes.length >= 12) finish(bytes.readInt32BE(8) > 0)
    })
  })
}

/** size:int32 api_key:int16=3 api_version:int16=1 correlation_id:int32 client_id:STRING topics:ARRAY (empty = none) */
function metadataRequestV1(): Buffer {
  const clientId = Buffer.from('sluice-dev')
  const body = Buffer.alloc(10 + clientId.length + 4)
  body.writeInt16BE(3, 0)
  body.writeInt16BE(1, 2)
  body.writeInt32BE(1, 4)
  body.writeInt16BE(clientId.length, 8)
  clientId.copy(body, 10)
  body.writeInt32BE(0, 10 + clientId.length)
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}
