/**
 * The result of an SQL instance that has succeeded: by the instance tunnel for SELECT, which keeps types and all rows,
 * otherwise by the result document (capped CSV, or text), as the SDKs do.
 */

import { parseCsv } from '../csv.ts'
import { MaxComputeError } from '../errors.ts'
import { getInstanceResult } from '../instance.ts'
import { REPEATABLE, type RetryRule } from '../retry.ts'
import type { Service } from '../service.ts'
import { type MaxComputeType, parseType } from '../types.ts'
import { type DownloadSession, type DownloadSource, startDownload } from './download-session.ts'
import type { Row } from './row-value.ts'

/** The service answers InternalServerError for instances that are no SELECT: not worth many tries. */
const FEW_TRIES: RetryRule = { ...REPEATABLE, triesMax: 3 }

export interface ResultColumn {
  readonly name: string
  /** null where the service does not tell (CSV of older deployments). */
  readonly type: MaxComputeType | null
}

export type QueryResult =
  | {
      readonly kind: 'rows'
      readonly columns: readonly ResultColumn[]
      /** Typed (`row-value.ts`) by the tunnel; by CSV each cell is text or null. To be iterated once. */
      readonly rows: AsyncIterable<Row>
      readonly source: 'tunnel' | 'csv'
      /** Rows are missing, or may be: the project limits what may be read. */
      readonly truncated: boolean
    }
  | { readonly kind: 'text'; readonly text: string }

/** The tunnel's session over an instance's result. Throws InstanceTypeNotSupported and the like for what is no SELECT. */
export async function createInstanceDownload(
  service: Service,
  instanceId: string,
  options: { readonly limited?: boolean; readonly signal?: AbortSignal } = {},
): Promise<DownloadSession> {
  const source: DownloadSource = {
    path: ['projects', service.options.project, 'instances', instanceId],
    query: {},
  }
  const query = options.limited === true ? { instance_tunnel_limit_enabled: 'true' } : {}
  return startDownload(service, source, query, FEW_TRIES, options.signal)
}

/** The result, however it is to be had. The instance must have succeeded (`waitForInstance`). */
export async function openInstanceResult(
  service: Service,
  instanceId: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<QueryResult> {
  for (const limited of [false, true]) {
    try {
      const session = await createInstanceDownload(service, instanceId, { ...options, limited })
      return {
        kind: 'rows',
        columns: session.columns,
        rows: session.rows(options),
        source: 'tunnel',
        truncated: limited,
      }
    } catch (thrown) {
      if (!(thrown instanceof MaxComputeError) || !mayFallBack(thrown)) throw thrown
      if (thrown.code !== 'NoPermission') break
    }
  }
  return resultDocument(service, instanceId, options.signal)
}

/** Not when the instance still runs, when we were stopped, or when the service cannot be reached at all. */
function mayFallBack(error: MaxComputeError): boolean {
  if (error.code.startsWith('InstanceNotTerminate') || error.code === 'Aborted') return false
  return error.httpStatus !== undefined
}

async function resultDocument(
  service: Service,
  instanceId: string,
  signal: AbortSignal | undefined,
): Promise<QueryResult> {
  const result = await getInstanceResult(service, instanceId, signal)
  if (result.format === 'text') return { kind: 'text', text: result.text }
  const [header = [], ...rows] = parseCsv(result.text)
  return {
    kind: 'rows',
    columns:
      result.columns?.map(({ name, type }) => ({ name, type: parseType(type) })) ??
      header.map((name) => ({ name: name ?? '', type: null })),
    rows: each(rows),
    source: 'csv',
    truncated: result.truncated,
  }
}

async function* each(rows: readonly Row[]): AsyncGenerator<Row, void, undefined> {
  yield* rows
}
