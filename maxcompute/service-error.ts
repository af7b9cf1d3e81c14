/** Error answers of the service, JSON (Tunnel) or XML (REST), into a `MaxComputeError`. */

import { MaxComputeError } from './errors.ts'
import { parseXml, type XmlElement } from './xml.ts'

export interface ErrorAnswer {
  readonly httpStatus: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

/** Codes that stand in the message of a general error, with the name that goes with them. */
const NUMBERED: Readonly<Record<string, string>> = {
  'ODPS-0010000': 'InternalServerError',
  'ODPS-0420153': 'InternalServerError',
  'ODPS-0130013': 'NoPermission',
  'ODPS-0420095': 'AccessDenied',
  'ODPS-0130131': 'NoSuchTable',
  'ODPS-0420111': 'NoSuchProject',
  'ODPS-0420411': 'InvalidArgument',
  'ODPS-0430055': 'InternalConnectionError',
  'ODPS-0410042': 'Unauthorized',
  'ODPS-0410051': 'Unauthorized',
}

/** Codes that say too little when the message holds a number of `NUMBERED`. */
const GENERAL = new Set(['', 'NoSuchObject', 'InvalidParameter', 'InternalServerError'])

const ADVICE: Readonly<Record<string, string>> = {
  RequestTimeTooSkewed: "set this host's clock right",
  Unauthorized: 'check the AccessKey pair',
  AuthorizationRequired: 'check the AccessKey pair',
  NoPermission: 'the account lacks a privilege on this object',
  AccessDenied: 'the account is not a member of the project, or is not allowed to do this',
  NoSuchProject: 'check the project name',
  NoSuchPartition: 'create the partition, or let the session create it',
  MissingPartitionSpec: 'the table is partitioned: name a partition',
  FlowExceeded: 'the Tunnel quota is used up',
  SlotExceeded: 'the Tunnel quota is used up',
}

const MESSAGE_CHARS_MAX = 2_000

export function serviceError(answer: ErrorAnswer, where: string): MaxComputeError {
  const told = readError(answer)
  const code = codeOf(told.code, told.message, answer.httpStatus)
  const requestId = told.requestId || headerOf(answer, 'x-odps-request-id')
  const holdMs = holdOf(answer, told.holdMs)
  const message = told.message.slice(0, MESSAGE_CHARS_MAX).trim() || 'no message'
  const advice = ADVICE[code] === undefined ? '' : ` (${ADVICE[code]})`
  const trailer = `HTTP ${answer.httpStatus}${requestId === '' ? '' : `, request id ${requestId}`}`
  return new MaxComputeError(code, `${where}: ${code}: ${message}${advice} [${trailer}]`, {
    httpStatus: answer.httpStatus,
    ...(requestId === '' ? {} : { requestId }),
    ...(holdMs === undefined ? {} : { holdMs }),
  })
}

interface Told {
  readonly code: string
  readonly message: string
  readonly requestId: string
  readonly holdMs: number
}

function readError({ body, httpStatus }: ErrorAnswer): Told {
  const text = body.trim()
  if (text.startsWith('{')) {
    const told = readJson(text)
    if (told !== null) return told
  }
  if (text.startsWith('<')) {
    const told = readXml(text)
    if (told !== null) return told
  }
  return {
    code: '',
    message: text || `the service answered ${httpStatus}`,
    requestId: '',
    holdMs: 0,
  }
}

function readJson(text: string): Told | null {
  try {
    const { Code, Message, RequestId, HoldClientMillis } = JSON.parse(text) as Record<
      string,
      unknown
    >
    if (typeof Code !== 'string' && typeof Message !== 'string') return null
    return {
      code: textOf(Code),
      message: textOf(Message),
      requestId: textOf(RequestId),
      holdMs: Number(HoldClientMillis ?? 0) || 0,
    }
  } catch {
    return null
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function readXml(text: string): Told | null {
  let root: XmlElement
  try {
    root = parseXml(text, 'Error', '')
  } catch {
    return null
  }
  return {
    code: root.textOf('Code'),
    message: root.textOf('Message'),
    requestId: root.textOf('RequestId'),
    holdMs: 0,
  }
}

function codeOf(code: string, message: string, httpStatus: number): string {
  const numbered = NUMBERED[/ODPS-\d{7}/.exec(`${code} ${message}`)?.[0] ?? '']
  if (numbered !== undefined && (GENERAL.has(code) || code.startsWith('ODPS-'))) return numbered
  if (code !== '') return code
  if (httpStatus === 404) return 'NoSuchObject'
  if (httpStatus === 401) return 'Unauthorized'
  if (httpStatus === 429) return 'FlowExceeded'
  return 'UnexpectedResponse'
}

function holdOf(answer: ErrorAnswer, holdMs: number): number | undefined {
  const seconds = Number(headerOf(answer, 'retry-after'))
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0
  const hold = Math.max(holdMs, retryAfterMs)
  return hold > 0 ? hold : undefined
}

function headerOf({ headers }: ErrorAnswer, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}
