import type { RouteKind } from '../router.ts'
import { ServiceError } from '../service-error.ts'

const ROUTE_KINDS: readonly RouteKind[] = ['create', 'put', 'complete', 'get', 'rest', 'sql']
const STATUSES: Readonly<Record<number, string>> = {
  429: 'FlowExceeded',
  500: 'InternalServerError',
  503: 'ServiceUnavailable',
}

/**
 * Something that goes wrong on demand. It counts the requests of its route from when it was armed and fires from the
 * `nth` on (from 1), `times` times.
 *
 * - dropBeforeCommit: the connection is destroyed and nothing is done.
 * - dropAfterCommit: the request is performed, then the connection is destroyed instead of the reply.
 * - status: the request is refused with this status, and nothing is done.
 * - slow: the request waits `delayMs`; with `perChunk` every piece of its body does.
 * - cutBody: the connection is destroyed after `bytes` of the body.
 */
export interface Fault {
  readonly kind: 'dropBeforeCommit' | 'dropAfterCommit' | 'status' | 'slow' | 'cutBody'
  readonly route: RouteKind
  readonly nth: number
  readonly times: number
  readonly status: number
  readonly delayMs: number
  readonly perChunk: boolean
  readonly bytes: number
}

export interface ArmedFault {
  readonly id: number
  readonly fault: Fault
  /** Requests of its route since it was armed. */
  seen: number
  fired: number
}

const KINDS: Readonly<Record<Fault['kind'], RouteKind>> = {
  dropBeforeCommit: 'complete',
  dropAfterCommit: 'complete',
  status: 'rest',
  slow: 'rest',
  cutBody: 'put',
}

/** Reads the body of POST /__faults; throws InvalidArgument with the key that is wrong. */
export function parseFault(json: string): Fault {
  const input = parseObject(json)
  const kind = Object.keys(KINDS).find((k) => k === input['kind']) as Fault['kind'] | undefined
  if (kind === undefined) throw invalid('kind', `one of ${Object.keys(KINDS).join(', ')}`)
  const route = ROUTE_KINDS.find((r) => r === (input['route'] ?? KINDS[kind]))
  if (route === undefined) throw invalid('route', `one of ${ROUTE_KINDS.join(', ')}`)
  const status = integer(input, 'status', 503, 400)
  if (STATUSES[status] === undefined) throw invalid('status', '429, 500 or 503')
  const perChunk = input['perChunk'] ?? false
  if (typeof perChunk !== 'boolean') throw invalid('perChunk', 'true or false')
  const known = new Set(['kind', 'route', 'nth', 'times', 'status', 'delayMs', 'perChunk', 'bytes'])
  const unknown = Object.keys(input).find((k) => !known.has(k))
  if (unknown !== undefined)
    throw invalid(unknown, `left out: the keys are ${[...known].join(', ')}`)
  return {
    kind,
    route,
    status,
    perChunk,
    nth: integer(input, 'nth', 1, 1),
    times: integer(input, 'times', 1, 1),
    delayMs: integer(input, 'delayMs', 1000, 0),
    bytes: integer(input, 'bytes', 0, 0),
  }
}

export function statusCode(status: number): string {
  return STATUSES[status] ?? 'InternalServerError'
}

function parseObject(json: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw new ServiceError('InvalidArgument', 'the body is not JSON', { cause: error })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ServiceError('InvalidArgument', 'the body is not a JSON object')
  }
  return value as Readonly<Record<string, unknown>>
}

function integer(
  input: Readonly<Record<string, unknown>>,
  key: string,
  fallback: number,
  min: number,
): number {
  const value = input[key] ?? fallback
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min) return value
  throw invalid(key, `a whole number of at least ${min}`)
}

function invalid(key: string, wanted: string): ServiceError {
  return new ServiceError('InvalidArgument', `fault: ${key} must be ${wanted}`)
}
