import type { ErrorAnswer } from '../control-plane/api/shapes/building-blocks.ts'
/** One request to the API over fetch, and every way it can fail as a ClientError. */
import { ClientError } from './client-error.ts'

export interface Target {
  /** Without a trailing slash. */
  readonly server: string
  readonly token: string | null
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below /api/v1, with its parts encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Sends the call; resolves with the answer's JSON. Throws ClientError. */
export async function requestJson(target: Target, call: Call): Promise<unknown> {
  const response = await requestRaw(target, call)
  return parseBody(await response.text(), response)
}

/** For answers that are not JSON. An answer that is not a success still throws ClientError. */
export async function requestRaw(target: Target, call: Call): Promise<Response> {
  const response = await send(target, call)
  if (response.ok) return response
  const error = errorOf(parseBody(await response.text(), response), response)
  const isTokenMissing = error.code === 'UNAUTHENTICATED' && target.token === null
  throw isTokenMissing ? new ClientError(error.code, 'no API token is set') : error
}

async function send(target: Target, call: Call): Promise<Response> {
  const url = new URL(`${target.server}/api/v1${call.path}`)
  for (const [key, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, String(value))
  }
  const init: RequestInit = { method: call.method, headers: headersOf(target, call) }
  if (call.body !== undefined) init.body = JSON.stringify(call.body)
  if (call.signal !== undefined) init.signal = call.signal
  try {
    return await fetch(url, init)
  } catch (error) {
    if (call.signal?.aborted === true) throw call.signal.reason
    throw unreachable(target.server, error)
  }
}

function headersOf(target: Target, call: Call): Record<string, string> {
  return {
    accept: 'application/json',
    ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(target.token === null ? {} : { authorization: `Bearer ${target.token}` }),
    ...call.headers,
  }
}

/** fetch hides why in `cause`; connection refused on several addresses hides it one deeper. */
export function unreachable(server: string, error: unknown): ClientError {
  const message =
    `cannot reach the control plane at ${server}: ${rootReason(error)}. ` +
    'Is it running (`sluice up`)? Is SLUICE_SERVER right?'
  return new ClientError('UNREACHABLE', message, { cause: error })
}

function rootReason(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return rootReason(error.errors[0])
  if (error instanceof Error) {
    if (error.cause !== undefined) return rootReason(error.cause)
    return error.message === '' ? error.name : error.message
  }
  return String(error)
}

function parseBody(text: string, response: Response): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const message = `${response.url} answered ${response.status} with something that is not JSON: is this a Sluice control plane?`
    throw new ClientError('BAD_ANSWER', message, { cause: error })
  }
}

function errorOf(body: unknown, response: Response): ClientError {
  const error = (body as Partial<ErrorAnswer> | null)?.error
  if (error === undefined) {
    return new ClientError('BAD_ANSWER', `${response.url} answered ${response.status}`)
  }
  const details = {
    ...(error.where === undefined ? {} : { where: error.where }),
    problems: error.problems ?? [],
  }
  return new ClientError(error.code, error.message, details)
}
