/**
 * What the launcher does next: pure, `(state, event) -> (state, effects)`.
 *
 * L1. The agent is started again whenever it ends, after 1 s, 2 s, .. 30 s; a run of a minute starts the back-off anew.
 * L2. It stays down in two cases only: somebody asked for it, or it ended with EXIT_CONFIG, which a person must mend.
 * L3. A new release is on trial until it is connected. It fails by three crashes, by EXIT_CONFIG, or by not
 *     being connected for healthMs in which the control plane did answer. Time without control plane says nothing about it.
 * L4. A failed trial ends with the release before it. That one is not judged: there is nothing behind it.
 */
import { EXIT_UPGRADE, type UpgradeFile } from './upgrade-file.ts'

/** As in sysexits.h: the same start would end the same way. */
export const EXIT_CONFIG = 78
/** L3. */
const TRIAL_CRASHES_MAX = 3
const RESTART_MIN_MS = 1_000
const RESTART_MAX_MS = 30_000
/** L1. */
const HELD_MS = 60_000

export interface Trial {
  readonly upgrade: UpgradeFile
  readonly crashes: number
  /** Not connected, though the control plane answered. */
  readonly ailingMs: number
  /** Set: the process is being ended to go back. */
  readonly failure: string | null
}

export interface LauncherState {
  readonly phase: 'up' | 'waiting' | 'stopping' | 'ended'
  /** In a row. */
  readonly failures: number
  readonly trial: Trial | null
}

export type LauncherEvent =
  | { readonly kind: 'start'; readonly upgrade: UpgradeFile | null }
  /** `upgrade` as it is on disk now. */
  | {
      readonly kind: 'exited'
      readonly code: number | null
      readonly signal: string | null
      readonly ranMs: number
      readonly upgrade: UpgradeFile | null
    }
  | { readonly kind: 'waited' }
  | { readonly kind: 'stop' }
  /** During a trial, once a second. */
  | {
      readonly kind: 'looked'
      readonly sinceMs: number
      /** Of the connected agent; null: it is not connected. */
      readonly connectedVersion: string | null
      readonly planeAnswers: boolean
    }

export type LauncherEffect =
  | { readonly kind: 'switch'; readonly release: string }
  | { readonly kind: 'record'; readonly upgrade: UpgradeFile }
  | { readonly kind: 'prune'; readonly keep: readonly string[] }
  | { readonly kind: 'spawn' }
  | { readonly kind: 'terminate' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'say'; readonly message: string }
  | { readonly kind: 'end'; readonly exitCode: number }

export interface LauncherStep {
  readonly state: LauncherState
  readonly effects: readonly LauncherEffect[]
}

export const INITIAL_LAUNCHER_STATE: LauncherState = { phase: 'waiting', failures: 0, trial: null }

export function stepLauncher(state: LauncherState, event: LauncherEvent): LauncherStep {
  if (state.phase === 'ended') return { state, effects: [] }
  switch (event.kind) {
    case 'start':
      return started(state, event.upgrade)
    case 'exited':
      return exited(state, event)
    case 'waited':
      return state.phase === 'waiting' ? spawn(state) : { state, effects: [] }
    case 'stop':
      return stopped(state)
    case 'looked':
      return looked(state, event)
  }
}

/** A host that lost power during a trial goes on with it. */
function started(state: LauncherState, upgrade: UpgradeFile | null): LauncherStep {
  return upgrade?.phase === 'trial' ? onTrial(state, upgrade) : spawn(state)
}

function spawn(state: LauncherState, effects: readonly LauncherEffect[] = []): LauncherStep {
  return { state: { ...state, phase: 'up' }, effects: [...effects, { kind: 'spawn' }] }
}

function onTrial(state: LauncherState, upgrade: UpgradeFile): LauncherStep {
  const trial = { upgrade, crashes: upgrade.crashes ?? 0, ailingMs: 0, failure: null }
  return spawn({ ...state, failures: 0, trial }, [
    { kind: 'say', message: `release ${upgrade.to} is on trial, after ${upgrade.from}` },
    { kind: 'switch', release: upgrade.to },
  ])
}

type Exited = Extract<LauncherEvent, { kind: 'exited' }>

function exited(state: LauncherState, event: Exited): LauncherStep {
  const { code, upgrade } = event
  if (state.phase === 'stopping') return end(state, 0, 'the agent has stopped')
  if (state.trial?.failure != null) return rollBack(state, state.trial, state.trial.failure)
  if (state.trial !== null) return crashedOnTrial(state, state.trial, event)
  if (code === EXIT_UPGRADE && upgrade?.phase === 'trial') return onTrial(state, upgrade)
  if (code === EXIT_CONFIG) {
    return end(state, EXIT_CONFIG, 'the agent cannot go on, see its last message; it stays down') // L2
  }
  return restart(state, event)
}

/** L1. */
function restart(state: LauncherState, event: Exited): LauncherStep {
  const failures = event.ranMs >= HELD_MS ? 1 : state.failures + 1
  const ms = Math.min(RESTART_MAX_MS, RESTART_MIN_MS * 2 ** Math.min(failures - 1, 10))
  return {
    state: { ...state, phase: 'waiting', failures },
    effects: [
      { kind: 'say', message: `the agent ended ${how(event)}; it is started again in ${ms} ms` },
      { kind: 'wait', ms },
    ],
  }
}

/** L3. */
function crashedOnTrial(state: LauncherState, trial: Trial, event: Exited): LauncherStep {
  const crashes = trial.crashes + 1
  const { to } = trial.upgrade
  if (event.code === EXIT_CONFIG) return rollBack(state, trial, `release ${to} ended ${how(event)}`)
  if (crashes >= TRIAL_CRASHES_MAX) {
    const why = `release ${to} ended ${crashes} times before it was connected, at last ${how(event)}`
    return rollBack(state, trial, why)
  }
  const upgrade = { ...trial.upgrade, crashes }
  const next = restart({ ...state, trial: { ...trial, upgrade, crashes } }, event)
  return { ...next, effects: [{ kind: 'record', upgrade }, ...next.effects] }
}

/** L4. */
function rollBack(state: LauncherState, { upgrade }: Trial, why: string): LauncherStep {
  return spawn({ ...state, failures: 0, trial: null }, [
    { kind: 'say', message: `${why}: back to release ${upgrade.from}` },
    { kind: 'switch', release: upgrade.from },
    { kind: 'record', upgrade: { ...upgrade, phase: 'rolledBack', why } },
  ])
}

function looked(
  state: LauncherState,
  { sinceMs, connectedVersion, planeAnswers }: Extract<LauncherEvent, { kind: 'looked' }>,
): LauncherStep {
  const { trial } = state
  if (trial === null || trial.failure !== null || state.phase === 'stopping') {
    return { state, effects: [] }
  }
  const { upgrade } = trial
  if (connectedVersion === upgrade.to) {
    return {
      state: { ...state, failures: 0, trial: null },
      effects: [
        { kind: 'say', message: `release ${upgrade.to} is connected` },
        { kind: 'record', upgrade: { ...upgrade, phase: 'done' } },
        { kind: 'prune', keep: [upgrade.to, upgrade.from] },
      ],
    }
  }
  const ailingMs = trial.ailingMs + (planeAnswers ? sinceMs : 0)
  if (ailingMs < upgrade.healthMs) {
    return { state: { ...state, trial: { ...trial, ailingMs } }, effects: [] }
  }
  const seconds = Math.round(ailingMs / 1000)
  const failure = `release ${upgrade.to} was not connected within ${seconds} s, while the control plane answered`
  const failed = { ...state, trial: { ...trial, ailingMs, failure } }
  // Between two starts there is no process whose end would be waited for.
  if (state.phase === 'waiting') return rollBack(failed, failed.trial, failure)
  return { state: failed, effects: [{ kind: 'terminate' }] }
}

function stopped(state: LauncherState): LauncherStep {
  if (state.phase === 'waiting') return end(state, 0, 'stopped while no agent ran')
  return { state: { ...state, phase: 'stopping' }, effects: [{ kind: 'terminate' }] }
}

function end(state: LauncherState, exitCode: number, message: string): LauncherStep {
  return {
    state: { ...state, phase: 'ended' },
    effects: [
      { kind: 'say', message },
      { kind: 'end', exitCode },
    ],
  }
}

function how({ code, signal }: Exited): string {
  return signal === null ? `with exit code ${code}` : `by ${signal}`
}
