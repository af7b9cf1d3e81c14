/** Ad-hoc SQL: the statement, and its rows as a bulk result. */
import { randomUUID } from 'node:crypto'

import type { MaxComputeClient } from '../../maxcompute/client.ts'
import type { QueryResult } from '../../maxcompute/tunnel/instance-tunnel.ts'
import { formatType } from '../../maxcompute/types.ts'
import type { QueryResultInput } from '../../proto/gen/sluice/agent/v1/QueryResult.ts'
import type { QuerySpec } from '../../proto/gen/sluice/agent/v1/QuerySpec.ts'
import { openMaxCompute } from './maxcompute-connection.ts'
import { type JsonValue, queryValue } from './query-value.ts'
import { type StepContext, withOpen } from './step.ts'
import type { WorkReporter } from './work-port.ts'

/** When the query does not say. */
const ROWS_DEFAULT = 1_000
const ROWS_MAX = 10_000
/** Of the JSON that is delivered: more rows are left out, and the result says so. */
const BODY_CHARS_MAX = 16 * 1024 * 1024
/** To ask a running statement to stop after a cancel. */
const STOP_MS_MAX = 5_000

/** Throws MaxComputeError: InstanceFailed with the service's message, among others. */
export async function runQuery(
  spec: QuerySpec,
  context: StepContext,
  reporter: Pick<WorkReporter, 'deliverBulk'>,
): Promise<QueryResultInput> {
  return withOpen(openMaxCompute(spec.maxcompute), async (client) => {
    const { signal } = context
    const { instanceId } = await client.submitSql({ sql: spec.sql, settings: spec.hints, signal })
    context.log('info', `instance ${instanceId} is running`)
    await waitOrStop(client, instanceId, signal)
    const result = await client.openInstanceResult(instanceId, { signal })
    const body = await resultJson(result, spec.rowsMax)
    const bulkId = randomUUID()
    await reporter.deliverBulk(bulkId, Buffer.from(body, 'utf8'))
    return { bulkId, instanceId }
  })
}

async function waitOrStop(
  client: MaxComputeClient,
  instanceId: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.waitForInstance(instanceId, { signal })
  } catch (error) {
    // Nobody waits for it any more. Should the service not hear us, the statement ends by itself.
    if (signal.aborted) {
      const stop = AbortSignal.timeout(STOP_MS_MAX)
      await client.stopInstance(instanceId, { signal: stop }).catch(() => undefined)
    }
    throw error
  }
}

/** `{"columns":[{name,type}],"rows":[[…]],"text":…,"truncated":…}`; text is null for rows. */
export async function resultJson(result: QueryResult, rowsWanted: number): Promise<string> {
  if (result.kind === 'text') {
    return JSON.stringify({ columns: [], rows: [], text: result.text, truncated: false })
  }
  const rowsMax = rowsWanted > 0 ? Math.min(rowsWanted, ROWS_MAX) : ROWS_DEFAULT
  const columns = result.columns.map(({ name, type }) => ({
    name,
    type: type === null ? '' : formatType(type).toLowerCase(),
  }))
  const rows: string[] = []
  let { truncated } = result
  let chars = 0
  for await (const row of result.rows) {
    const values = row.map((value, i): JsonValue =>
      queryValue(result.columns[i]?.type ?? null, value),
    )
    const text = JSON.stringify(values)
    chars += text.length + 1
    truncated ||= rows.length === rowsMax || chars > BODY_CHARS_MAX
    if (rows.length === rowsMax || chars > BODY_CHARS_MAX) break
    rows.push(text)
  }
  const head = JSON.stringify({ columns, text: null, truncated })
  return `${head.slice(0, -1)},"rows":[${rows.join(',')}]}`
}
