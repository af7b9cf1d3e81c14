/** The open step: preSql, then the run's upload session (DESIGN I6, I7). */
import type { MaxComputeClient } from '../../maxcompute/client.ts'
import { MaxComputeError } from '../../maxcompute/errors.ts'
import { restForm } from '../../maxcompute/partition-spec.ts'
import type { UploadSession } from '../../maxcompute/tunnel/upload-session.ts'
import type { OpenResultInput } from '../../proto/gen/sluice/agent/v1/OpenResult.ts'
import type { OpenSpec } from '../../proto/gen/sluice/agent/v1/OpenSpec.ts'
import { openMaxCompute, quotedTableName, required, uploadTarget } from './maxcompute-connection.ts'
import { wireColumns } from './plan-table.ts'
import { runStatement } from './sql.ts'
import { type StepContext, withOpen } from './step.ts'

/** Throws MaxComputeError or WorkFailure. */
export async function runOpen(spec: OpenSpec, context: StepContext): Promise<OpenResultInput> {
  return withOpen(openMaxCompute(spec.maxcompute), async (client) => {
    for (const sql of spec.preSql) await runStatement(client, sql, 'preSql', context)
    const notes: string[] = []
    const session = await openSession(client, spec, context, notes)
    return {
      uploadId: session.uploadId,
      columns: wireColumns(session.columns),
      maxFieldBytes: session.maxFieldSizeBytes,
      notes,
    }
  })
}

async function openSession(
  client: MaxComputeClient,
  spec: OpenSpec,
  context: StepContext,
  notes: string[],
): Promise<UploadSession> {
  const { signal } = context
  const target = uploadTarget(spec)
  const createPartition = target.partition !== undefined
  const options = { ...target, createPartition, signal }
  if (!spec.overwrite) return client.createUploadSession(options)
  try {
    return await client.createUploadSession({ ...options, overwrite: true })
  } catch (error) {
    if (!(error instanceof MaxComputeError) || error.code !== 'OverwriteModeNotAllowed') throw error
  }
  await truncate(client, spec, context)
  notes.push(
    'the table forbids overwriting sessions (it is transactional or clustered): it was truncated first, so readers see it empty until the run is committed',
  )
  return client.createUploadSession(options)
}

async function truncate(
  client: MaxComputeClient,
  spec: OpenSpec,
  context: StepContext,
): Promise<void> {
  const { table, partition } = uploadTarget(spec)
  const name = quotedTableName(required(spec.maxcompute), table)
  if (partition === undefined) {
    return runStatement(client, `TRUNCATE TABLE ${name}`, 'truncate', context)
  }
  if (!(await client.partitionExists(table, partition, { signal: context.signal }))) return
  const sql = `TRUNCATE TABLE ${name} PARTITION (${restForm(partition)})`
  await runStatement(client, sql, 'truncate', context)
}
