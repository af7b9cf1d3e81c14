/**
 * Request signatures, version 1 and version 4. Both sign the same canonical string:
 *
 *   METHOD
 *   value of Content-MD5 (empty when absent)
 *   value of Content-Type
 *   value of Date
 *   name:value of every header and query parameter that starts with x-odps-, names lower case, sorted
 *   resource: decoded path without the endpoint's own, then "?" and the decoded parameters sorted by name, `name=value`, or `name` when empty
 *
 *   version 1: base64(HMAC-SHA1(secret, canonical))
 *   version 4: base64(HMAC-SHA1(key, canonical)), key from the secret, the UTC day and the region by four HMAC-SHA256
 */

import { createHmac } from 'node:crypto'

export interface Credentials {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Of a temporary (STS) key pair. */
  readonly securityToken?: string
}

export interface SignedRequest {
  readonly method: string
  /** Decoded, without the endpoint's own path: `/projects/p/tables/t`. */
  readonly resource: string
  /** Decoded. No name twice. */
  readonly query: Readonly<Record<string, string>>
  /** Names in any case. `Date` must be among them. */
  readonly headers: Readonly<Record<string, string>>
}

const SIGNED_PREFIX = 'x-odps-'
const ALWAYS_SIGNED = ['content-md5', 'content-type', 'date']

/** The string that both versions sign. */
export function canonicalString(request: SignedRequest): string {
  const lines = new Map<string, string>(ALWAYS_SIGNED.map((name) => [name, '']))
  for (const [name, value] of Object.entries(request.headers)) {
    const lower = name.toLowerCase()
    if (lines.has(lower)) lines.set(lower, value)
    else if (lower.startsWith(SIGNED_PREFIX)) lines.set(lower, `${lower}:${value}`)
  }
  for (const [name, value] of Object.entries(request.query)) {
    if (name.startsWith(SIGNED_PREFIX)) lines.set(name, `${name}:${value}`)
  }
  const sorted = [...lines].sort(byName).map((line) => line[1])
  return [request.method.toUpperCase(), ...sorted, canonicalResource(request)].join('\n')
}

function canonicalResource({ resource, query }: SignedRequest): string {
  const parameters = Object.entries(query).sort(byName)
  if (parameters.length === 0) return resource
  return `${resource}?${parameters.map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join('&')}`
}

function byName(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : Number(a[0] > b[0])
}

/** The Authorization header by version 1. */
export function signV1(request: SignedRequest, credentials: Credentials): string {
  const signature = sha1(credentials.accessKeySecret, canonicalString(request))
  return `ODPS ${credentials.accessKeyId}:${signature}`
}

/** The Authorization header by version 4. The day is taken from the request's Date header. */
export function signV4(request: SignedRequest, credentials: Credentials, region: string): string {
  const day = utcDay(request.headers)
  const key = signingKeyV4(credentials.accessKeySecret, day, region)
  const signature = sha1(key, canonicalString(request))
  return `ODPS ${credentials.accessKeyId}/${day}/${region}/odps/aliyun_v4_request:${signature}`
}

export function signingKeyV4(secret: string, day: string, region: string): Buffer {
  let key: Buffer = sha256(`aliyun_v4${secret}`, day)
  for (const part of [region, 'odps', 'aliyun_v4_request']) key = sha256(key, part)
  return key
}

function utcDay(headers: Readonly<Record<string, string>>): string {
  const date = Object.entries(headers).find(([name]) => name.toLowerCase() === 'date')?.[1]
  return new Date(date ?? Number.NaN).toISOString().slice(0, 10).replaceAll('-', '')
}

function sha1(key: string | Buffer, text: string): string {
  return createHmac('sha1', key).update(text, 'utf8').digest('base64')
}

function sha256(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest()
}
