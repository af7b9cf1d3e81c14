import type { MaxComputeClient } from '../../maxcompute/client.ts'
import { MaxComputeError } from '../../maxcompute/errors.ts'
import type { StepContext } from './step.ts'
import { WorkFailure } from './work-error.ts'

/** One statement of a job, to its end. `what` names the setting that it comes from. Throws a `WorkFailure` SQL_FAILED. */
export async function runStatement(
  client: MaxComputeClient,
  sql: string,
  what: string,
  { signal, log }: StepContext,
): Promise<void> {
  try {
    const { instanceId } = await client.runSql({ sql, signal })
    log('info', `${what}: instance ${instanceId} succeeded`)
  } catch (error) {
    if (!(error instanceof MaxComputeError) || !SQL_CODES.has(error.code)) throw error
    throw new WorkFailure('SQL_FAILED', `${what} failed: ${error.message}`, {
      where: { sql: what },
      cause: error,
    })
  }
}

const SQL_CODES: ReadonlySet<string> = new Set([
  'InstanceFailed',
  'InstanceOutcomeUnknown',
  'InstanceTimeout',
])
