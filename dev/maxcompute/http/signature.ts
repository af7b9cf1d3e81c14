import { createHmac, timingSafeEqual } from 'node:crypto'

import { ServiceError } from '../service-error.ts'

/**
 *     canonical = METHOD \n header-line* resource
 *     header-line = value \n              for content-md5, content-type, date (empty when absent)
 *                 | name:value \n         for every header and query parameter x-odps-*, sorted by name
 *     resource = path [? name[=value] & ...]   decoded, sorted by name, without the endpoint's own path
 *
 *     v1: ODPS id:base64(HMAC-SHA1(secret, canonical))
 *     v4: ODPS id/yyyymmdd/region/odps/aliyun_v4_request:base64(HMAC-SHA1(key, canonical))
 *         key = HMAC-SHA256 chain over aliyun_v4+secret, date, region, odps, aliyun_v4_request
 */
export interface SignedRequest {
  readonly method: string
  /** Path and query as they came, still encoded. */
  readonly target: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
}

export interface Credentials {
  readonly accessId: string
  readonly accessKey: string
}

/** The service's allowance between its clock and the Date header. */
const SKEW_MS_MAX = 15 * 60 * 1000
const AUTHORIZATION = /^ODPS ([^:/]+)(?:\/(\d{8})\/([^/]+)\/odps\/aliyun_v4_request)?:(\S+)$/
const ENDPOINT_PATH = '/api'

/** Throws a ServiceError when the request is not signed by one of `credentials`, about now. */
export function verifySignature(
  request: SignedRequest,
  credentials: readonly Credentials[],
  nowMs: number,
): void {
  const header = request.headers['authorization']
  const match = AUTHORIZATION.exec(header ?? '')
  if (match === null) {
    throw new ServiceError(
      'AuthorizationRequired',
      'The request authorization header is invalid or missing. Sign with v1 (ODPS id:signature) or v4.',
    )
  }
  const [, accessId, day, region, signature] = match
  const pair = credentials.find((c) => c.accessId === accessId)
  if (pair === undefined) {
    throw new ServiceError(
      'Unauthorized',
      `ODPS-0410051: Invalid credentials - accessKeyId not found: ${accessId ?? ''}`,
    )
  }
  const key = day === undefined ? pair.accessKey : signingKey(pair.accessKey, day, region ?? '')
  const sent = Buffer.from(signature ?? '', 'base64')
  const isRight = readings(request.target).some((reading) => {
    const text = canonicalString(request.method, reading, request.headers)
    const expected = createHmac('sha1', key).update(text, 'utf8').digest()
    return expected.length === sent.length && timingSafeEqual(expected, sent)
  })
  if (!isRight) {
    const text = canonicalString(request.method, readTarget(request.target), request.headers)
    throw new ServiceError(
      'Unauthorized',
      `ODPS-0410042: Invalid signature value - User signature does not match. The string to sign is: ${JSON.stringify(text)}`,
    )
  }
  checkDate(request.headers['date'], nowMs)
}

interface Target {
  readonly path: string
  readonly parameters: ReadonlyMap<string, string>
}

/** A request target with its query read as a form: `+` is a space. */
export function readTarget(target: string): Target {
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? '' : target.slice(mark + 1)
  return { path: unquote(path), parameters: new Map(new URLSearchParams(query)) }
}

export function canonicalString(
  method: string,
  target: Target,
  headers: Readonly<Record<string, string | undefined>>,
): string {
  const lines = new Map<string, string>()
  for (const name of ['content-md5', 'content-type', 'date']) lines.set(name, headers[name] ?? '')
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('x-odps-')) lines.set(name, `${name}:${value ?? ''}`)
  }
  for (const [name, value] of target.parameters) {
    if (name.startsWith('x-odps-')) lines.set(name, `${name}:${value}`)
  }
  const sorted = [...lines].sort(byName).map(([, line]) => line)
  return [method.toUpperCase(), ...sorted, resource(target)].join('\n')
}

export function signingKey(secret: string, day: string, region: string): Buffer {
  let key: Buffer = Buffer.from(`aliyun_v4${secret}`, 'utf8')
  for (const part of [day, region, 'odps', 'aliyun_v4_request']) {
    key = createHmac('sha256', key).update(part, 'utf8').digest()
  }
  return key
}

/** PyODPS un-quotes the whole URL before it reads the query, so values with + % & are signed twice decoded. */
function readings(target: string): Target[] {
  const once = readTarget(target)
  const unquoted = unquote(target)
  return unquoted === target ? [once] : [once, readTarget(unquoted)]
}

function resource(target: Target): string {
  const isUnderApi = target.path === ENDPOINT_PATH || target.path.startsWith(`${ENDPOINT_PATH}/`)
  const path = isUnderApi ? target.path.slice(ENDPOINT_PATH.length) : target.path
  const sorted = [...target.parameters].sort(byName)
  const query = sorted.map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join('&')
  return query === '' ? path : `${path}?${query}`
}

function byName(a: readonly [string, string], b: readonly [string, string]): number {
  return Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0]))
}

/** Percent-decodes; what is no valid escape stays as it is. */
function unquote(text: string): string {
  return text.replaceAll(/(?:%[0-9a-fA-F]{2})+/g, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
  )
}

function checkDate(date: string | undefined, nowMs: number): void {
  const sentMs = Date.parse(date ?? '')
  if (Number.isNaN(sentMs)) {
    throw new ServiceError('AuthorizationRequired', 'The Date header is invalid or missing')
  }
  if (Math.abs(nowMs - sentMs) <= SKEW_MS_MAX) return
  const expire = new Date(sentMs + SKEW_MS_MAX).toISOString()
  const now = new Date(nowMs).toISOString()
  throw new ServiceError(
    'RequestTimeTooSkewed',
    `max_interval_date:${SKEW_MS_MAX},expire_date:${expire},now_date:${now}`,
  )
}
