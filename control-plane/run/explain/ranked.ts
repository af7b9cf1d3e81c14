import type { RunReason } from '../run-port.ts'

/** A reason, as it is ranked. */
export interface Ranked extends RunReason {
  /** Nothing moves because of it; else it only slows down. */
  readonly blocks: boolean
}
