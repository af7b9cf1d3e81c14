import { StoreError } from './database.ts'

/** A bigint column's text as a number; StoreError FAILED beyond 2^53, where numbers lose digits. */
export function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) {
    throw new StoreError('FAILED', `integer ${text} from the store is beyond 2^53`)
  }
  return value
}
