/** States of a run, for servers and clients alike: nothing else is imported here. */

export const RUN_STATES = [
  'waiting',
  'planning',
  'running',
  'committing',
  'succeeded',
  'failed',
  'killed',
  'held',
] as const
export type RunState = (typeof RUN_STATES)[number]

/** Nothing about the run changes any more. */
export function isFinal(state: string): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'killed'
}
