/**
 * SQL instances: submit, wait, result.
 *
 * N1. A statement is submitted at most once. When the answer to the POST is lost, the instance is looked for by the uuid that was sent with
 *     it; when it is not found, the outcome is unknown and the caller decides: nothing is submitted again on our own.
 * N2. `Terminated` says nothing about success: the task's status is read, and a failed task's message comes from its result.
 */

import { randomUUID } from 'node:crypto'

import { fromUnknown, MaxComputeError } from './errors.ts'
import { NEVER, pause } from './retry.ts'
import type { Service, ServiceAnswer } from './service.ts'
import { escapeXml, parseXml, type XmlElement } from './xml.ts'

export interface SubmitSqlOptions {
  readonly sql: string
  /** `odps.sql.*` hints. */
  readonly settings?: Readonly<Record<string, string>>
  /** 0 to 9, 9 is the lowest. */
  readonly priority?: number
  readonly taskName?: string
  /** Finds the instance again after a lost answer. Keep it durably before submitting a statement that must not run twice. */
  readonly uuid?: string
  readonly signal?: AbortSignal
}

export interface SqlInstance {
  readonly instanceId: string
  readonly taskName: string
  readonly uuid: string
  /** Present when the service executed the statement at once and answered with its result. */
  readonly result: InstanceResult | null
}

export type TaskStatus =
  | 'Waiting'
  | 'Running'
  | 'Success'
  | 'Failed'
  | 'Suspended'
  | 'Cancelled'
  | 'Unknown'

export interface InstanceResult {
  readonly taskName: string
  readonly status: TaskStatus
  /** csv for SELECT, text for everything else. */
  readonly format: 'csv' | 'text'
  readonly text: string
  /** The service has cut the rows: read them by the instance tunnel. */
  readonly truncated: boolean
  /** Names and types of a SELECT's columns, where the service tells. */
  readonly columns: readonly { readonly name: string; readonly type: string }[] | null
}

const PRIORITY_DEFAULT = 9
const TASK_NAME_DEFAULT = 'AnonymousSQLTask'

const POLL_FIRST_MS = 200
const POLL_MAX_MS = 10_000
const POLL_GROWTH = 1.5

/** Recent instances that are compared with the uuid. */
const CANDIDATES_MAX = 50

/** The list may lag behind the submission. */
const LOOKUPS_MAX = 4
const LOOKUP_PAUSE_MS = 2_000

/** The list's times are the service's clock, not ours. */
const CLOCK_SKEW_MS = 20 * 60_000

/** Submits a statement (N1). Throws InstanceOutcomeUnknown, with the uuid in its message, when nobody can tell whether it runs. */
export async function submitSql(service: Service, options: SubmitSqlOptions): Promise<SqlInstance> {
  const uuid = options.uuid ?? randomUUID()
  const taskName = options.taskName ?? TASK_NAME_DEFAULT
  const sinceMs = service.clock.now()
  const path = ['projects', service.options.project, 'instances']
  try {
    const answer = await service.call({
      endpoint: 'rest',
      method: 'POST',
      path,
      headers: { 'Content-Type': 'application/xml' },
      body: Buffer.from(jobXml(options, taskName, uuid), 'utf8'),
      retry: NEVER,
      freshConnection: true,
      signal: options.signal,
    })
    return instanceOf(answer, taskName, uuid)
  } catch (thrown) {
    const error = fromUnknown(thrown, 'submitting SQL')
    if (error.reached !== 'maybe' || error.code === 'Aborted') throw error
    return found(service, uuid, taskName, sinceMs, error, options.signal)
  }
}

async function found(
  service: Service,
  uuid: string,
  taskName: string,
  sinceMs: number,
  cause: MaxComputeError,
  signal: AbortSignal | undefined,
): Promise<SqlInstance> {
  for (let lookup = 1; lookup <= LOOKUPS_MAX; lookup++) {
    const instanceId = await findInstanceByUuid(service, uuid, { sinceMs, signal })
    if (instanceId !== null) return { instanceId, taskName, uuid, result: null }
    await pause(service.clock, LOOKUP_PAUSE_MS * lookup, 'submitting SQL', signal)
  }
  throw new MaxComputeError(
    'InstanceOutcomeUnknown',
    `The answer to a submitted statement was lost, and no recent instance has its uuid ${uuid}. ` +
      'It may still appear: look for it before you submit the statement again.',
    { reached: 'maybe', cause },
  )
}

/** The id of the recent instance that was submitted with this uuid; null when none is found. */
export async function findInstanceByUuid(
  service: Service,
  uuid: string,
  options: { readonly sinceMs: number; readonly signal?: AbortSignal | undefined },
): Promise<string | null> {
  const from = Math.floor((options.sinceMs - CLOCK_SKEW_MS) / 1000)
  const answer = await service.call({
    endpoint: 'rest',
    method: 'GET',
    path: ['projects', service.options.project, 'instances'],
    query: {
      expectmarker: 'true',
      maxitems: String(CANDIDATES_MAX),
      onlyowner: 'yes',
      daterange: `${from}:`,
    },
    signal: options.signal,
  })
  const root = parseXml(answer.body.toString('utf8'), 'Instances', answer.where)
  const ids = root.children('Instance').map((instance) => instance.textOf('Name'))
  // Ids begin with their time: the newest first.
  for (const id of ids
    .filter((name) => name !== '')
    .sort()
    .reverse()
    .slice(0, CANDIDATES_MAX)) {
    const source = await instanceCall(service, id, { source: '' }, options.signal)
    if (source.body.includes(uuid)) return id
  }
  return null
}

/** The instance's own status and that of its SQL task. */
export async function getTaskStatus(
  service: Service,
  instanceId: string,
  signal?: AbortSignal,
): Promise<{
  readonly terminated: boolean
  readonly taskName: string
  readonly status: TaskStatus
}> {
  const answer = await instanceCall(service, instanceId, { taskstatus: '' }, signal)
  const root = parseXml(answer.body.toString('utf8'), 'Instance', answer.where)
  const task = root.child('Tasks').child('Task')
  return {
    terminated: root.textOf('Status').toLowerCase() === 'terminated',
    taskName: task.textOf('Name'),
    status: statusOf(task.textOf('Status')),
  }
}

/**
 * Waits until the instance has ended and resolves when its task succeeded. Throws InstanceFailed with the service's message
 * (`ODPS-0130161:[1,1] Parse exception - ...`), or InstanceTimeout; the instance goes on then.
 */
export async function waitForInstance(
  service: Service,
  instanceId: string,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const where = `instance ${instanceId}`
  const deadlineMs = service.clock.now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY)
  for (let pollMs = POLL_FIRST_MS; ; pollMs = Math.min(POLL_MAX_MS, pollMs * POLL_GROWTH)) {
    const { terminated, status } = await getTaskStatus(service, instanceId, options.signal)
    if (terminated || status === 'Success' || status === 'Failed' || status === 'Cancelled') {
      if (status === 'Success') return
      throw await failure(service, instanceId, status, options.signal)
    }
    if (service.clock.now() >= deadlineMs) {
      throw new MaxComputeError('InstanceTimeout', `${where} has not ended in time and goes on`, {
        reached: 'maybe',
      })
    }
    await pause(service.clock, pollMs, where, options.signal)
  }
}

async function failure(
  service: Service,
  instanceId: string,
  status: TaskStatus,
  signal: AbortSignal | undefined,
): Promise<MaxComputeError> {
  const { text } = await getInstanceResult(service, instanceId, signal)
  const why = text.trim() || `the task is ${status}`
  return new MaxComputeError('InstanceFailed', `Instance ${instanceId} failed: ${why}`, {
    reached: 'yes',
  })
}

/** The result document. SELECT: capped CSV (use the instance tunnel for more); everything else: text. */
export async function getInstanceResult(
  service: Service,
  instanceId: string,
  signal?: AbortSignal,
): Promise<InstanceResult> {
  const answer = await instanceCall(service, instanceId, { result: '' }, signal)
  return resultOf(parseXml(answer.body.toString('utf8'), 'Instance', answer.where))
}

/** Asks a running instance to stop. */
export async function stopInstance(
  service: Service,
  instanceId: string,
  signal?: AbortSignal,
): Promise<void> {
  await service.call({
    endpoint: 'rest',
    method: 'PUT',
    path: ['projects', service.options.project, 'instances', instanceId],
    headers: { 'Content-Type': 'application/xml' },
    body: Buffer.from('<Instance><Status>Terminated</Status></Instance>'),
    signal,
  })
}

function instanceCall(
  service: Service,
  instanceId: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<ServiceAnswer> {
  return service.call({
    endpoint: 'rest',
    method: 'GET',
    path: ['projects', service.options.project, 'instances', instanceId],
    query,
    signal,
  })
}

function instanceOf(answer: ServiceAnswer, taskName: string, uuid: string): SqlInstance {
  const location = answer.headers.location ?? ''
  const instanceId = decodeURIComponent(location.split('?', 1)[0]?.split('/').at(-1) ?? '')
  if (instanceId === '') {
    throw new MaxComputeError(
      'UnexpectedResponse',
      `${answer.where}: the answer names no instance`,
      { httpStatus: answer.status, reached: 'maybe', retry: 'resolveByGet' },
    )
  }
  const body = answer.body.toString('utf8').trim()
  const root = body.startsWith('<') ? parseXml(body, 'Instance', answer.where) : null
  const hasResult = root?.child('Tasks').child('Task').child('Result').exists === true
  return { instanceId, taskName, uuid, result: root !== null && hasResult ? resultOf(root) : null }
}

function resultOf(root: XmlElement): InstanceResult {
  const task = root.child('Tasks').child('Task')
  const result = task.child('Result')
  const base64 = result.attribute('Transform').toLowerCase() === 'base64'
  const text = base64 ? Buffer.from(result.text, 'base64').toString('utf8') : result.text
  const descriptor = descriptorOf(task.textOf('ResultDescriptor'))
  return {
    taskName: task.textOf('Name'),
    status: statusOf(task.textOf('Status')),
    format: result.attribute('Format').toLowerCase() === 'csv' ? 'csv' : 'text',
    text,
    truncated: descriptor.truncated,
    columns: descriptor.columns,
  }
}

/** Optional and young: whatever is not understood of it is taken for absent. */
function descriptorOf(text: string): Pick<InstanceResult, 'truncated' | 'columns'> {
  try {
    const { SelectResultStatus, Schema } = JSON.parse(text) as {
      SelectResultStatus?: string
      Schema?: { Columns?: readonly { Name?: string; Type?: string }[] }
    }
    const columns = Schema?.Columns?.map(({ Name, Type }) => ({
      name: String(Name),
      type: String(Type),
    }))
    const truncated = SelectResultStatus === 'TRUNCATED' || SelectResultStatus === 'NO'
    return { truncated, columns: columns ?? null }
  } catch {
    return { truncated: false, columns: null }
  }
}

const STATUSES: readonly TaskStatus[] = [
  'Waiting',
  'Running',
  'Success',
  'Failed',
  'Suspended',
  'Cancelled',
]

function statusOf(text: string): TaskStatus {
  return STATUSES.find((status) => status.toLowerCase() === text.toLowerCase()) ?? 'Unknown'
}

function jobXml(options: SubmitSqlOptions, taskName: string, uuid: string): string {
  const trimmed = options.sql.trim()
  const sql = trimmed.endsWith(';') ? trimmed : `${trimmed};`
  const settings = JSON.stringify(options.settings ?? {})
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<Instance><Job><Priority>${options.priority ?? PRIORITY_DEFAULT}</Priority><Tasks><SQL>`,
    `<Name>${escapeXml(taskName)}</Name>`,
    `<Config><Property><Name>settings</Name><Value>${escapeXml(settings)}</Value></Property>`,
    `<Property><Name>uuid</Name><Value>${escapeXml(uuid)}</Value></Property></Config>`,
    `<Query>${escapeXml(sql)}</Query>`,
    '</SQL></Tasks><DAG><RunMode>Sequence</RunMode></DAG></Job></Instance>',
  ].join('')
}
