import { StoreError } from '../store/database.ts'
import { ApiError, type ApiErrorCode } from './api-error.ts'

/** Runs a statement; a unique index that says no becomes the given error. */
export async function orConflict<T>(
  work: Promise<T>,
  code: ApiErrorCode,
  message: string,
): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof StoreError && error.code === 'CONFLICT') {
      throw new ApiError(code, message, { cause: error })
    }
    throw error
  }
}
