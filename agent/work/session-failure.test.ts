import assert from 'node:assert/strict'
import { test } from 'node:test'

import { MaxComputeError } from '../../maxcompute/errors.ts'
import type { UploadSession } from '../../maxcompute/tunnel/upload-session.ts'
import type { UploadStatus } from '../../maxcompute/tunnel/upload-state.ts'
import { sessionFailure } from './session-failure.ts'
import { toWorkError } from './work-error.ts'

async function afterConflict(status: UploadStatus): Promise<(string | undefined)[]> {
  const getStatus = () => Promise.resolve({ status, blocks: [] })
  const session = { uploadId: 'u', getStatus } as unknown as UploadSession
  const conflict = new MaxComputeError('StatusConflict', 'not now', { retry: 'resolveByGet' })
  const error = await sessionFailure(session, conflict, new AbortController().signal)
  const { code, retry } = toWorkError(error, {})
  return [code, retry as string | undefined]
}

test('a refused block means what the session itself says', async () => {
  assert.deepEqual(await afterConflict('normal'), ['MAXCOMPUTE_ERROR', 'BACKOFF'])
  assert.deepEqual(await afterConflict('expired'), ['SESSION_LOST', 'RESTART_SESSION'])
})

test('a session that is completed already is never lost: a new one would double its rows', async () => {
  for (const status of ['closed', 'closing'] as const) {
    assert.deepEqual(await afterConflict(status), ['SESSION_CLOSED', 'FATAL'])
  }
})
