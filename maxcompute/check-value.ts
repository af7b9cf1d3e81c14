/**
 * What the service would refuse, or silently change, told before it is sent: the caller turns a problem into a dirty record.
 * All functions are pure and answer null when the value is fine.
 */

import type { MaxComputeType } from './types.ts'

export interface ValueLimits {
  /** The upload session's `maxFieldSizeBytes`. */
  readonly fieldBytesMax: number
}

/** A sentence without the value itself: values are user data and may be secret or huge. */
export type ValueProblem = string

/** STRING, VARCHAR, CHAR, BINARY, JSON, and DECIMAL as plain ASCII text. Length of VARCHAR and CHAR counts characters. */
export declare function checkBytes(
  type: MaxComputeType,
  data: Uint8Array,
  start: number,
  length: number,
  limits: ValueLimits,
): ValueProblem | null

/** TINYINT to BIGINT, DATE (days) and DATETIME (ms). */
export declare function checkInt64(type: MaxComputeType, value: bigint): ValueProblem | null
