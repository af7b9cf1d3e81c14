/**
 * The complete step: only forward (DESIGN I4).
 *
 * F1. The session is asked first and whenever an answer is in doubt. `closed` is COMMITTED; `normal` with exactly the
 *     expected blocks is completed; everything else is UNKNOWN with the evidence, for a person.
 * F2. No session is ever opened here, and nothing here ever says that one should be.
 * F3. What could not be learned for now (network, throttling) is an error to be tried again: the next try asks again.
 * F4. postSql comes after the commit: its failure is a note on COMMITTED, never a failed commit.
 */
import type { MaxComputeClient } from '../../maxcompute/client.ts'
import { MaxComputeError } from '../../maxcompute/errors.ts'
import type { CompleteEvidence, CompleteOutcome } from '../../maxcompute/tunnel/complete.ts'
import type { CompleteResultInput } from '../../proto/gen/sluice/agent/v1/CompleteResult.ts'
import type { CompleteSpec } from '../../proto/gen/sluice/agent/v1/CompleteSpec.ts'
import { openMaxCompute, uploadTarget } from './maxcompute-connection.ts'
import { runStatement } from './sql.ts'
import { type StepContext, withOpen } from './step.ts'

/** Throws MaxComputeError (F3). */
export async function runComplete(
  spec: CompleteSpec,
  context: StepContext,
): Promise<CompleteResultInput> {
  return withOpen(openMaxCompute(spec.maxcompute), async (client) => {
    const outcome = await complete(client, spec, context)
    if (outcome.outcome !== 'COMMITTED') return outcome
    return { ...outcome, notes: await runPostSql(client, spec, context) }
  })
}

async function complete(
  client: MaxComputeClient,
  spec: CompleteSpec,
  { signal, log }: StepContext,
): Promise<CompleteResultInput> {
  const { uploadId, blockIds } = spec
  try {
    const session = await client.openUploadSession({ ...uploadTarget(spec), uploadId, signal })
    return judge(await session.complete({ expectedBlockIds: blockIds, signal }))
  } catch (error) {
    if (!isGone(error)) throw error
    log('warn', `upload session ${uploadId} is not known to the service (any more)`)
    return { outcome: 'UNKNOWN', sessionStatus: 'nosuchupload', evidence: error.message, notes: [] }
  }
}

/** F2: NoSuchUpload must not become SESSION_LOST here, the session may have been completed long ago. */
function isGone(error: unknown): error is MaxComputeError {
  if (!(error instanceof MaxComputeError)) return false
  return error.code === 'NoSuchUpload' || error.retry === 'restartSession'
}

function judge({ kind, evidence }: CompleteOutcome): CompleteResultInput {
  const sessionStatus = (evidence.status ?? '').toLowerCase()
  if (kind === 'committed') {
    return { outcome: 'COMMITTED', sessionStatus, evidence: evidenceText(evidence), notes: [] }
  }
  // F3: the session could not be asked, or is still open although nothing speaks against completing it.
  const { error } = evidence
  const unasked = evidence.status === null
  const stillOpen =
    evidence.status === 'normal' &&
    evidence.missingBlockIds.length === 0 &&
    evidence.unexpectedBlockIds.length === 0
  if ((unasked || stillOpen) && error !== undefined && error.retry === 'backoff') throw error
  return { outcome: 'UNKNOWN', sessionStatus, evidence: evidenceText(evidence), notes: [] }
}

const IDS_SHOWN_MAX = 20

function evidenceText(evidence: CompleteEvidence): string {
  const parts = [
    `session ${evidence.uploadId}: ${evidence.reason}`,
    ...idList('missing blocks', evidence.missingBlockIds),
    ...idList('unexpected blocks', evidence.unexpectedBlockIds),
    `complete was sent ${evidence.posts} times`,
    ...(evidence.requestId === undefined ? [] : [`request id ${evidence.requestId}`]),
    ...(evidence.error === undefined ? [] : [`last error: ${evidence.error.message}`]),
  ]
  return parts.join('; ')
}

function idList(what: string, ids: readonly number[]): string[] {
  if (ids.length === 0) return []
  const more = ids.length > IDS_SHOWN_MAX ? ` and ${ids.length - IDS_SHOWN_MAX} more` : ''
  return [`${what}: ${ids.slice(0, IDS_SHOWN_MAX).join(', ')}${more}`]
}

/** F4. */
async function runPostSql(
  client: MaxComputeClient,
  spec: CompleteSpec,
  context: StepContext,
): Promise<string[]> {
  for (const sql of spec.postSql) {
    try {
      await runStatement(client, sql, 'postSql', context)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return [`the rows are committed, but ${message}; later statements of postSql were not run`]
    }
  }
  return []
}
