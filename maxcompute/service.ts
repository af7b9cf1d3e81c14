/**
 * Signed requests to the REST endpoint and to the Tunnel, with errors read and retries made.
 *
 * S1. Version 4 is used while a region is set, until an endpoint says that it wants version 1: then version 1, for that endpoint, for good.
 * S2. The Tunnel's address is asked for once; a failed question is asked again next time.
 */

import { MaxComputeError } from './errors.ts'
import {
  ANSWER_MS_MAX,
  type HttpClient,
  type HttpResponse,
  readBody,
  type RequestBody,
} from './http.ts'
import { NEVER, REPEATABLE, type RetryClock, type RetryRule, withRetry } from './retry.ts'
import { serviceError } from './service-error.ts'
import { type Credentials, signV1, signV4 } from './sign.ts'
import { encodePath, encodeQuery } from './url.ts'

export type EndpointKind = 'rest' | 'tunnel'

export interface ServiceOptions {
  readonly endpoint: string
  readonly tunnelEndpoint: string | undefined
  readonly project: string
  readonly schema: string | undefined
  readonly credentials: Credentials | (() => Credentials | Promise<Credentials>)
  readonly region: string | undefined
  readonly quotaName: string | undefined
  readonly userAgent: string
  readonly triesMax?: number | undefined
}

export interface ServiceRequest {
  readonly endpoint: EndpointKind
  readonly method: 'GET' | 'POST' | 'PUT'
  /** Segments after the endpoint's own path, decoded. */
  readonly path: readonly string[]
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: RequestBody
  readonly onBodyTaken?: ((byteCount: number) => void) | undefined
  /** Absent: GET may be repeated, everything else not. */
  readonly retry?: RetryRule
  readonly freshConnection?: boolean
  readonly answerMsMax?: number
  readonly signal?: AbortSignal | undefined
}

export interface ServiceAnswer {
  readonly status: number
  readonly headers: HttpResponse['headers']
  readonly requestId: string | undefined
  readonly body: Buffer
  /** "GET http://host/api/projects/p": for error messages. */
  readonly where: string
}

/** XML and JSON documents, and results of small queries. */
export const ANSWER_BYTES_MAX = 64 * 1024 * 1024

/** An error's text. */
const ERROR_BYTES_MAX = 1024 * 1024

const TUNNEL_HEADERS = {
  'x-odps-tunnel-version': '6',
  'odps-tunnel-date-transform': 'v1',
}

export class Service {
  readonly options: ServiceOptions
  readonly clock: RetryClock
  readonly #http: HttpClient
  readonly #v1Only = new Set<string>()
  #tunnel: Promise<string> | undefined

  constructor(options: ServiceOptions, http: HttpClient, clock: RetryClock) {
    this.options = { ...options, endpoint: checkedEndpoint(options.endpoint, 'endpoint') }
    if (options.tunnelEndpoint !== undefined) {
      this.#tunnel = Promise.resolve(checkedEndpoint(options.tunnelEndpoint, 'tunnel endpoint'))
    }
    this.#http = http
    this.clock = clock
  }

  close(): void {
    this.#http.close()
  }

  /** The segments of a table's resource. */
  tablePath(table: string): string[] {
    const { project, schema } = this.options
    const inSchema = schema === undefined ? [] : ['schemas', schema]
    return ['projects', project, ...inSchema, 'tables', table]
  }

  /** Sends, reads the whole answer. Throws a `MaxComputeError` unless the status is 2xx. */
  async call(request: ServiceRequest): Promise<ServiceAnswer> {
    return this.#retried(request, async (base) => {
      const response = await this.#send(base, request)
      const where = placeOf(base, request)
      const body = await readBody(response, ANSWER_BYTES_MAX, where)
      return {
        status: response.status,
        headers: response.headers,
        requestId: requestIdOf(response),
        body,
        where,
      }
    })
  }

  /** As `call`, but the answer's body is left to be read by the caller. Retries cover only what comes before it. */
  async open(request: ServiceRequest): Promise<HttpResponse> {
    return this.#retried(request, (base) => this.#send(base, request))
  }

  /** The Tunnel's base address, asked for at the REST endpoint once. */
  async tunnelEndpoint(signal?: AbortSignal): Promise<string> {
    if (this.#tunnel === undefined) {
      const asked = this.#askTunnelEndpoint(signal)
      this.#tunnel = asked
      asked.catch(() => {
        this.#tunnel = undefined
      })
    }
    return this.#tunnel
  }

  async #askTunnelEndpoint(signal: AbortSignal | undefined): Promise<string> {
    const { project, quotaName, endpoint } = this.options
    const answer = await this.call({
      endpoint: 'rest',
      method: 'GET',
      path: ['projects', project, 'tunnel'],
      query: { service: '', ...(quotaName === undefined ? {} : { quotaName }) },
      signal,
    })
    const host = answer.body.toString('utf8').trim()
    if (!/^[\w.:[\]-]+$/.test(host)) {
      throw new MaxComputeError(
        'UnexpectedResponse',
        `${answer.where}: the answer is not a host name. Set the Tunnel endpoint explicitly.`,
        { httpStatus: answer.status },
      )
    }
    return `${new URL(endpoint).protocol}//${host}`
  }

  async #retried<T>(request: ServiceRequest, call: (base: string) => Promise<T>): Promise<T> {
    const rule = this.#ruleOf(request)
    const base =
      request.endpoint === 'rest'
        ? this.options.endpoint
        : await this.tunnelEndpoint(request.signal)
    const where = placeOf(base, request)
    return withRetry(rule, this.clock, where, request.signal, () => call(base))
  }

  #ruleOf(request: ServiceRequest): RetryRule {
    const rule = request.retry ?? (request.method === 'GET' ? REPEATABLE : NEVER)
    const triesMax = Math.min(rule.triesMax, this.options.triesMax ?? rule.triesMax)
    return { ...rule, triesMax }
  }

  async #send(base: string, request: ServiceRequest): Promise<HttpResponse> {
    const version = this.#versionFor(base)
    try {
      return await this.#sendSigned(base, request, version)
    } catch (error) {
      if (version !== 'v4' || !wantsV1(error)) throw error
      this.#v1Only.add(base) // S1
      const isStream =
        request.body !== undefined && request.body !== null && !(request.body instanceof Uint8Array)
      if (isStream) throw error
      return this.#sendSigned(base, request, 'v1')
    }
  }

  #versionFor(base: string): 'v1' | 'v4' {
    return this.options.region === undefined || this.#v1Only.has(base) ? 'v1' : 'v4'
  }

  async #sendSigned(
    base: string,
    request: ServiceRequest,
    version: 'v1' | 'v4',
  ): Promise<HttpResponse> {
    const query = this.#query(request)
    const response = await this.#http.send({
      method: request.method,
      url: `${base}${encodePath(request.path)}${encodeQuery(query)}`,
      headers: await this.#headers(request, query, version),
      body: request.body ?? null,
      onBodyTaken: request.onBodyTaken,
      freshConnection: request.freshConnection ?? false,
      answerMsMax: request.answerMsMax ?? ANSWER_MS_MAX,
      signal: request.signal,
    })
    const where = placeOf(base, request)
    if (response.status < 200 || response.status > 299) {
      const body = await readBody(response, ERROR_BYTES_MAX, where)
      throw serviceError(
        { httpStatus: response.status, headers: response.headers, body: body.toString('utf8') },
        where,
      )
    }
    if (response.bodySent) return response
    await readBody(response, ERROR_BYTES_MAX, where)
    throw new MaxComputeError(
      'UnexpectedResponse',
      `${where}: the service answered ${response.status} before it had the whole body`,
      { httpStatus: response.status, retry: 'resendBlock', reached: 'maybe' },
    )
  }

  #query(request: ServiceRequest): Record<string, string> {
    const { project, schema } = this.options
    return {
      ...request.query,
      curr_project: project,
      ...(schema === undefined ? {} : { curr_schema: schema }),
    }
  }

  async #headers(
    request: ServiceRequest,
    query: Readonly<Record<string, string>>,
    version: 'v1' | 'v4',
  ): Promise<Record<string, string>> {
    const { credentials, userAgent, region } = this.options
    const keys = typeof credentials === 'function' ? await credentials() : credentials
    const headers: Record<string, string> = {
      ...(request.endpoint === 'tunnel' ? TUNNEL_HEADERS : {}),
      ...request.headers,
      'User-Agent': userAgent,
      'x-odps-user-agent': userAgent,
      Date: new Date(this.clock.now()).toUTCString(),
    }
    const signed = {
      method: request.method,
      resource: `/${request.path.join('/')}`,
      query,
      headers,
    }
    const authorization =
      version === 'v4' ? signV4(signed, keys, region ?? '') : signV1(signed, keys)
    return {
      ...headers,
      Authorization: authorization,
      ...(keys.securityToken === undefined
        ? {}
        : { 'authorization-sts-token': keys.securityToken }),
    }
  }
}

/** Answers of services that know version 1 only. */
function wantsV1(error: unknown): boolean {
  if (!(error instanceof MaxComputeError)) return false
  const message = error.message.toLowerCase()
  return (
    message.includes('need ak v3 support') ||
    message.includes('accesskey acl denied') ||
    message.includes('odps-0410051') ||
    (error.httpStatus === 401 && message.includes('invalid or missing'))
  )
}

export function requestIdOf({ headers }: Pick<HttpResponse, 'headers'>): string | undefined {
  const id = headers['x-odps-request-id']
  return typeof id === 'string' ? id : undefined
}

function placeOf(base: string, request: ServiceRequest): string {
  return `${request.method} ${base}/${request.path.join('/')}`
}

function checkedEndpoint(text: string, what: string): string {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '') {
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
  }
  throw new MaxComputeError(
    'InvalidConfiguration',
    `The ${what} "${text.replace(/\/\/[^/@]*@/, '//…@')}" is not an address. Write it as http(s)://host[:port][/api].`,
  )
}
