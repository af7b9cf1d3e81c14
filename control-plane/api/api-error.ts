/**
 * Every answer that is not a success has one shape, {error: {code, message, where?, problems?}},
 * and one of the codes below. Handlers throw ApiError; everything else that can come up is turned
 * into one by `apiErrorFrom`, the only funnel.
 */
import type { Problem } from '../job/problem.ts'
import type { RunRefusal } from '../run/run-port.ts'
import { StoreError } from '../store/database.ts'
import { requestProblems, type SchemaError } from './request-problems.ts'

/** Closed list. The comment behind each is what a user reads in docs/errors.md. */
export const API_ERROR_STATUS = {
  INVALID_REQUEST: 400, // the request does not have the form that openapi.json describes
  UNAUTHENTICATED: 401, // no token, or one that is unknown or was deleted
  ROUTE_NOT_FOUND: 404, // no such method and path
  GROUP_NOT_FOUND: 404,
  AGENT_NOT_FOUND: 404,
  COPY_NOT_FOUND: 404, // the agent has no copy of that number
  DATASOURCE_NOT_FOUND: 404,
  JOB_NOT_FOUND: 404,
  RUN_NOT_FOUND: 404,
  TOKEN_NOT_FOUND: 404,
  UPGRADE_NOT_FOUND: 404,
  BUNDLE_NOT_FOUND: 404, // there is no bundle of the agent of that version and architecture
  NAME_TAKEN: 409, // something else has this name already
  GROUP_NOT_EMPTY: 409, // the group still has agents, runs or jobs
  AGENT_NOT_OFFLINE: 409, // only an agent that is offline, drained or revoked can be deleted
  DATASOURCE_IN_USE: 409, // jobs name the data source
  JOB_IN_USE: 409, // the job has an unfinished run
  GROUP_RESERVED: 403, // the group is exclusive, and neither the job nor the token is on its lists
  RUN_UNFINISHED: 409, // an earlier run of the job is not over yet; it is named
  UPGRADE_UNFINISHED: 409, // the group has another upgrade, which is named
  STATE_CONFLICT: 409, // the request does not fit the state that the thing is in
  LAST_TOKEN: 409, // deleting the last token would lock everybody out
  IDEMPOTENCY_KEY_REUSED: 409, // the same Idempotency-Key came with a different request
  TOO_LARGE: 413, // the body is larger than the limit
  UNSUPPORTED_MEDIA_TYPE: 415, // bodies are application/json
  JOB_INVALID: 422, // the job has problems; each is located
  GROUP_INVALID: 422, // what the group is to be does not fit together
  SERVER_INVALID: 422, // the server that is added cannot be described so
  DATASOURCE_INVALID: 422, // the data source has problems; each is located
  TOO_MANY_WATCHERS: 429, // as many live connections are open as the control plane allows
  INTERNAL: 500, // a bug: please report it with the control plane's log
  STORE_UNAVAILABLE: 503, // the database cannot be reached, or another control plane took over
} as const

export type ApiErrorCode = keyof typeof API_ERROR_STATUS

export const API_ERROR_CODES = Object.keys(API_ERROR_STATUS) as readonly ApiErrorCode[]

export interface ApiErrorDetails {
  /** What the error is about: a run's number, a header's name, a JSON path. */
  readonly where?: string
  readonly problems?: readonly Problem[]
  readonly cause?: unknown
}

export class ApiError extends Error {
  readonly code: ApiErrorCode
  readonly where: string | null
  readonly problems: readonly Problem[] | null

  constructor(code: ApiErrorCode, message: string, details: ApiErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.name = 'ApiError'
    this.code = code
    this.where = details.where ?? null
    this.problems = details.problems ?? null
  }

  get status(): number {
    return API_ERROR_STATUS[this.code]
  }

  /** What goes over the wire. The cause never does: it may name hosts, paths or values. */
  toAnswer(): {
    error: { code: ApiErrorCode; message: string; where?: string; problems?: Problem[] }
  } {
    return {
      error: {
        code: this.code,
        message: this.message,
        ...(this.where === null ? {} : { where: this.where }),
        ...(this.problems === null ? {} : { problems: [...this.problems] }),
      },
    }
  }
}

/** Turns whatever was thrown into an ApiError. What is not known is INTERNAL, without its text. */
export function apiErrorFrom(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown
  if (thrown instanceof StoreError) return fromStore(thrown)
  if (thrown instanceof Error) return fromFastify(thrown)
  return internal(thrown)
}

/** A refusal of the runs as an answer of the API. */
export function apiErrorFromRefusal(refusal: RunRefusal): ApiError {
  switch (refusal.code) {
    case 'RUN_UNFINISHED':
      return new ApiError(refusal.code, refusal.message, { where: `run ${refusal.runId}` })
    case 'JOB_INVALID':
      return new ApiError(refusal.code, refusal.message, {
        problems: refusal.problems as readonly Problem[],
      })
    default:
      return new ApiError(refusal.code, refusal.message)
  }
}

interface FrameworkError extends Error {
  readonly code?: string
  readonly statusCode?: number
  readonly validation?: readonly SchemaError[]
  readonly validationContext?: string
}

function fromStore(error: StoreError): ApiError {
  if (error.code === 'UNAVAILABLE' || error.code === 'FENCED') {
    const why =
      error.code === 'FENCED'
        ? 'another control plane process has taken over the store: ask that one'
        : 'the database cannot be reached: try again, and look at the control plane’s log'
    return new ApiError('STORE_UNAVAILABLE', why, { cause: error })
  }
  return internal(error)
}

function fromFastify(error: FrameworkError): ApiError {
  if (error.validation !== undefined) {
    const part = error.validationContext ?? 'body'
    const problems = requestProblems(part, error.validation)
    const first = problems[0]
    const message =
      first === undefined ? `the ${part} does not have the expected form` : first.message
    return new ApiError('INVALID_REQUEST', message, { where: first?.path ?? part, problems })
  }
  switch (error.statusCode) {
    case 413:
      return new ApiError('TOO_LARGE', error.message, { cause: error })
    case 415:
      return new ApiError('UNSUPPORTED_MEDIA_TYPE', 'send the body as application/json', {
        cause: error,
      })
    case 400:
      return new ApiError('INVALID_REQUEST', badRequestMessage(error), { cause: error })
    case 404:
      return new ApiError('ROUTE_NOT_FOUND', error.message, { cause: error })
    default:
      return internal(error)
  }
}

/** A JSON parser's own message can quote the body, and with it a password. */
function badRequestMessage(error: FrameworkError): string {
  if (error instanceof SyntaxError || error.code === 'FST_ERR_CTP_INVALID_JSON_BODY') {
    return 'the body is not valid JSON'
  }
  if (error.code === 'FST_ERR_CTP_EMPTY_JSON_BODY') return 'the body is empty: send a JSON object'
  return 'the request cannot be read'
}

function internal(cause: unknown): ApiError {
  return new ApiError('INTERNAL', 'an error inside the control plane: its log has the details', {
    cause,
  })
}
