/** A TCP connection to the link, straight or through a proxy's CONNECT. */
import { connect, type Socket } from 'node:net'

import type { ProxySetting } from './proxy-setting.ts'
import type { ServerAddress } from './server-address.ts'

const TIMEOUT_MS = 8_000
/** Of the proxy's answer, up to the empty line. */
const ANSWER_BYTES_MAX = 16 * 1024

export class RouteError extends Error {
  override readonly name = 'RouteError'
  /** Of the system (ECONNREFUSED, ...) or `PROXY_<status>`. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Rejects with RouteError. */
export function openSocket({ host, port }: ServerAddress): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: TIMEOUT_MS })
    const fail = (code: string, message: string): void => {
      socket.destroy()
      reject(new RouteError(code, message))
    }
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.removeAllListeners()
      resolve(socket)
    })
    socket.once('error', (error: NodeJS.ErrnoException) =>
      fail(error.code ?? 'ERROR', error.message),
    )
    socket.once('timeout', () => fail('ETIMEDOUT', `no answer within ${TIMEOUT_MS / 1000} s`))
  })
}

/** Rejects with RouteError; its code is PROXY_407 when the proxy wants to know who asks. */
export async function openThroughProxy(
  proxy: ProxySetting,
  { host, port }: ServerAddress,
): Promise<Socket> {
  const socket = await openSocket(proxy)
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const basic =
    proxy.credentials === null ? '' : Buffer.from(proxy.credentials, 'utf8').toString('base64')
  const authorization = basic === '' ? '' : `Proxy-Authorization: Basic ${basic}\r\n`
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`)
  const status = await answerStatus(socket)
  if (status >= 200 && status < 300) return socket
  socket.destroy()
  throw new RouteError(`PROXY_${status}`, `the proxy answered ${status} to CONNECT ${target}`)
}

function answerStatus(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0)
    const settle = (error: RouteError | null, status: number): void => {
      socket.removeAllListeners()
      socket.setTimeout(0)
      if (error === null) return resolve(status)
      socket.destroy()
      reject(error)
    }
    socket.setTimeout(TIMEOUT_MS, () =>
      settle(new RouteError('ETIMEDOUT', 'the proxy did not answer'), 0),
    )
    socket.on('error', (error) => settle(new RouteError('ERROR', error.message), 0))
    socket.on('end', () => settle(new RouteError('ECONNRESET', 'the proxy hung up'), 0))
    socket.on('data', (chunk: Buffer) => {
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0 && head.byteLength < ANSWER_BYTES_MAX) return
      const status = Number(
        /^HTTP\/1\.[01] (\d{3})/.exec(head.toString('latin1'))?.[1] ?? Number.NaN,
      )
      if (end < 0 || Number.isNaN(status)) {
        return settle(new RouteError('PROTOCOL', 'what answers there is no HTTP proxy'), 0)
      }
      socket.pause()
      settle(null, status)
    })
  })
}
