import { StoreError } from './database.ts'

const UNIQUE_VIOLATION = '23505'
const FOREIGN_KEY_VIOLATION = '23503'

/** SQLSTATEs (or their classes) that say: not now, and nothing about the statement. */
const UNAVAILABLE_STATES = ['08', '53300', '57P01', '57P02', '57P03', '25P03']

/** Node's codes of a connection that was refused, cut or never answered. */
const UNAVAILABLE_CODES: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
])

/** pg says these without a code. */
const UNAVAILABLE_MESSAGES = [
  'Connection terminated',
  'Client has encountered a connection error',
  'timeout exceeded when trying to connect',
  'Query read timeout',
]

/**
 * The one funnel from a driver's error to a StoreError. `where` names the store for people and
 * holds no password. The drivers' errors carry `params`: these may be secret, so they are dropped.
 */
export function driverError(cause: unknown, where: string): StoreError {
  if (cause instanceof StoreError) return cause
  const { code, constraint, message } = fieldsOf(cause)
  if (code === UNIQUE_VIOLATION || code === FOREIGN_KEY_VIOLATION) {
    return new StoreError('CONFLICT', `${where}: ${message}`, { constraint, cause })
  }
  if (isUnavailable(code, message)) {
    return new StoreError(
      'UNAVAILABLE',
      `${where} cannot be reached: ${message}. Check that it runs and that its address is right`,
      { cause },
    )
  }
  const state = code === '' ? '' : ` (SQLSTATE ${code})`
  return new StoreError('FAILED', `${where}: ${message}${state}`, { cause })
}

function isUnavailable(code: string, message: string): boolean {
  if (UNAVAILABLE_CODES.has(code)) return true
  if (UNAVAILABLE_STATES.some((state) => code.startsWith(state))) return true
  return code === '' && UNAVAILABLE_MESSAGES.some((start) => message.startsWith(start))
}

function fieldsOf(cause: unknown): { code: string; constraint: string; message: string } {
  if (!(cause instanceof Error)) return { code: '', constraint: '', message: String(cause) }
  const error = cause as Error & { code?: unknown; constraint?: unknown; params?: unknown }
  delete error.params
  // Node tries every address of a host name; the single attempts hold the reason.
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  return {
    code: typeof error.code === 'string' ? error.code : '',
    constraint: typeof error.constraint === 'string' ? error.constraint : '',
    message: error.message || (inner instanceof Error ? inner.message : error.name),
  }
}
