import { Transform } from 'node:stream'
import { setTimeout } from 'node:timers/promises'

import type { Exchange } from '../http/exchange.ts'
import type { RouteKind } from '../router.ts'
import { ServiceError } from '../service-error.ts'
import { parseFault, statusCode } from './fault.ts'
import type { ArmedFault, Fault } from './fault.ts'

const FAULTS_MAX = 1000
const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])

/** Armed faults, and `/__faults`: POST arms one, GET lists them with how often they fired, DELETE clears. */
export class Faults {
  private armed: ArmedFault[] = []
  private nextId = 1

  static isFor(exchange: Exchange): boolean {
    return exchange.segments.length === 1 && exchange.segments[0] === '__faults'
  }

  /** Answers a request for `/__faults`: unsigned, but only from this machine. */
  async serve(exchange: Exchange): Promise<void> {
    if (!LOOPBACK.has(exchange.request.socket.remoteAddress ?? '')) {
      throw new ServiceError('AccessDenied', '/__faults answers on the loopback interface only')
    }
    switch (exchange.method) {
      case 'POST': {
        const fault = parseFault(await exchange.smallBody())
        if (this.armed.length >= FAULTS_MAX) {
          throw new ServiceError('InvalidArgument', `${FAULTS_MAX} faults are armed: DELETE them`)
        }
        const armed = { id: this.nextId++, fault, seen: 0, fired: 0 }
        this.armed.push(armed)
        exchange.json(armed)
        return
      }
      case 'GET':
        exchange.json(this.armed)
        return
      case 'DELETE':
        this.armed = []
        exchange.empty(200)
        return
      default:
        throw new ServiceError('MethodNotAllowed', '/__faults takes GET, POST and DELETE')
    }
  }

  /** The faults that fire for this request; each counts it. */
  firing(route: RouteKind): Fault[] {
    const firing: Fault[] = []
    for (const armed of this.armed) {
      if (armed.fault.route !== route) continue
      armed.seen += 1
      if (armed.seen < armed.fault.nth || armed.fired >= armed.fault.times) continue
      armed.fired += 1
      firing.push(armed.fault)
    }
    return firing
  }
}

/** Does what fires before the request is performed. True: the request is over. */
export async function failBefore(exchange: Exchange, faults: readonly Fault[]): Promise<boolean> {
  for (const fault of faults) {
    switch (fault.kind) {
      case 'slow':
        if (fault.perChunk) behind(exchange, delayed(fault.delayMs))
        else await setTimeout(fault.delayMs)
        break
      case 'cutBody':
        behind(exchange, cut(exchange, fault.bytes))
        break
      case 'status': {
        const code = statusCode(fault.status)
        exchange.fail(fault.status, code, `${code}: injected fault`)
        return true
      }
      case 'dropBeforeCommit':
        exchange.request.destroy()
        return true
      case 'dropAfterCommit':
        break
    }
  }
  return false
}

/** Whether the connection is to be dropped instead of the reply. */
export function dropsReply(faults: readonly Fault[]): boolean {
  return faults.some((f) => f.kind === 'dropAfterCommit')
}

function behind(exchange: Exchange, stage: Transform): void {
  // It may fail before the block's reader is there; the reader meets the stored error then.
  stage.on('error', () => {})
  exchange.body = exchange.body.pipe(stage)
}

function delayed(delayMs: number): Transform {
  return new Transform({
    transform: (piece: Buffer, _, done) => {
      void setTimeout(delayMs).then(() => done(null, piece))
    },
  })
}

function cut(exchange: Exchange, bytes: number): Transform {
  let left = bytes
  return new Transform({
    transform: (piece: Buffer, _, done) => {
      left -= piece.byteLength
      if (left > 0) {
        done(null, piece)
        return
      }
      exchange.request.socket.destroy()
      done(Object.assign(new Error('cut by a fault'), { code: 'ECONNRESET' }))
    },
  })
}
