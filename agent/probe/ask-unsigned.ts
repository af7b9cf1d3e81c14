/** One request without a signature: who answers at that address? */
import * as http from 'node:http'
import * as https from 'node:https'

import { fromUnknown } from '../../maxcompute/errors.ts'

export interface UnsignedAnswer {
  readonly status: number
  /** Which service it was, by its own headers; empty: it does not say. */
  readonly server: string
  /** Only the service (and its Tunnel) gives requests an id of this name. */
  readonly hasRequestId: boolean
}

/** The body is not read. Throws a MaxComputeError. */
export function askUnsigned(url: string, signal: AbortSignal): Promise<UnsignedAnswer> {
  const where = `GET ${url}`
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(fromUnknown(error, where))
    try {
      const request = (url.startsWith('https:') ? https : http).get(url, { agent: false, signal })
      request.on('error', fail)
      request.once('response', ({ statusCode, headers }) => {
        resolve({
          status: statusCode ?? 0,
          server: [headers['server'], headers.via].filter((text) => text !== undefined).join(' '),
          hasRequestId: headers['x-odps-request-id'] !== undefined,
        })
        request.destroy()
      })
    } catch (error) {
      fail(error)
    }
  })
}
