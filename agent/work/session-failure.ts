/** What a doubtful answer about a block means, by the session's own word. */
import { MaxComputeError } from '../../maxcompute/errors.ts'
import type { UploadSession } from '../../maxcompute/tunnel/upload-session.ts'
import { WorkFailure } from './work-error.ts'

/**
 * The error to go on with after a failed PUT. Only answers that speak of the session's state are looked
 * into. A session that was completed already is never SESSION_LOST: a new one would double its rows
 * (DESIGN I4).
 */
export async function sessionFailure(
  session: UploadSession,
  error: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  if (!(error instanceof MaxComputeError) || error.retry !== 'resolveByGet') return error
  const { status } = await session.getStatus({ signal })
  if (status === 'normal') {
    const { message, httpStatus } = error
    const details = httpStatus === undefined ? {} : { httpStatus }
    return new MaxComputeError(error.code, message, {
      ...details,
      retry: 'resendBlock',
      cause: error,
    })
  }
  if (status === 'closed' || status === 'closing') {
    return new WorkFailure(
      'SESSION_CLOSED',
      `Upload session ${session.uploadId} is ${status}: it was completed before this slice was staged. Look into the table before you run the job again.`,
      { where: { uploadId: session.uploadId }, cause: error },
    )
  }
  return new WorkFailure(
    'SESSION_LOST',
    `Upload session ${session.uploadId} is ${status}; nothing of it was visible.`,
    { retry: 'RESTART_SESSION', where: { uploadId: session.uploadId }, cause: error },
  )
}
