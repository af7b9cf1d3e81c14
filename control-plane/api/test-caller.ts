/** Calls the API as a user would, and keeps every answer: none may hold a secret. */
import type { ErrorAnswer } from './shapes/building-blocks.ts'
import type { TestServer } from './test-server.ts'

export interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly error: ErrorAnswer['error']
}

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>

/** With the server's token, unless the headers say otherwise. */
export function callerOf(server: TestServer, answered: string[]): Call {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${server.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    answered.push(text)
    const parsed = JSON.parse(text) as Record<string, unknown>
    return { status: response.status, body: parsed, error: parsed['error'] as ErrorAnswer['error'] }
  }
}
