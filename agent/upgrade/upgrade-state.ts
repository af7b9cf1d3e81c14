/**
 * One agent's way through an upgrade, as a pure state machine: (state, event) -> (state, effects).
 *
 *   idle -> fetching -> draining -> restarting | trial -> answered
 *
 * G1. Whatever is asked about the order that is under way, or was the last one, is answered with where
 *     it stands: orders are repeated, and the answer may have been lost.
 * G2. Until it drains, a newer order takes the place of an older one. From then on the agent is on its way.
 * G3. A release is judged by the launcher. The process that is on trial only waits for the judgement.
 */
import type { UpgradeStateInput } from '../../proto/gen/sluice/agent/v1/UpgradeState.ts'
import type { UpgradeOrder } from './upgrade-order.ts'

type Phase = Exclude<Extract<UpgradeStateInput['phase'], string>, 'PHASE_UNSPECIFIED'>

export type UpgradeProgress =
  | { readonly kind: 'idle' }
  | { readonly kind: 'fetching' | 'draining' | 'restarting'; readonly order: UpgradeOrder }
  | { readonly kind: 'trial'; readonly upgradeId: number }
  | {
      readonly kind: 'answered'
      readonly upgradeId: number
      readonly phase: 'DONE' | 'ROLLED_BACK' | 'REFUSED'
      readonly message: string
    }

export type UpgradeEvent =
  | { readonly kind: 'ordered'; readonly order: UpgradeOrder }
  | { readonly kind: 'refused'; readonly upgradeId: number; readonly problem: string }
  /** The new release lies beside the running one. */
  | { readonly kind: 'laidDown' }
  | { readonly kind: 'failed'; readonly problem: string }
  /** Nothing runs any more, or what did was given back. */
  | { readonly kind: 'drained' }
  | { readonly kind: 'judged'; readonly phase: 'DONE' | 'ROLLED_BACK'; readonly why: string }
  | { readonly kind: 'connected' }

export type UpgradeEffect =
  | { readonly kind: 'fetch'; readonly order: UpgradeOrder }
  | { readonly kind: 'abandonFetch' }
  | { readonly kind: 'drain'; readonly order: UpgradeOrder }
  /** Note it for the launcher, say goodbye and end. */
  | { readonly kind: 'restart'; readonly order: UpgradeOrder }
  | {
      readonly kind: 'report'
      readonly upgradeId: number
      readonly phase: Phase
      readonly message: string
    }

export interface UpgradeStep {
  readonly state: UpgradeProgress
  readonly effects: readonly UpgradeEffect[]
}

export function stepUpgrade(state: UpgradeProgress, event: UpgradeEvent): UpgradeStep {
  switch (event.kind) {
    case 'ordered':
    case 'refused':
      return asked(state, event)
    case 'laidDown':
      return state.kind === 'fetching' ? goOn('draining', state.order) : stay(state)
    case 'drained':
      return state.kind === 'draining' ? goOn('restarting', state.order) : stay(state)
    case 'failed':
      return 'order' in state
        ? answer(state.order.upgradeId, 'REFUSED', event.problem)
        : stay(state)
    case 'judged':
      return state.kind === 'trial' ? answer(state.upgradeId, event.phase, event.why) : stay(state)
    case 'connected':
      return { state, effects: reports(state) } // G1
  }
}

function asked(
  state: UpgradeProgress,
  event: Extract<UpgradeEvent, { kind: 'ordered' | 'refused' }>,
): UpgradeStep {
  const upgradeId = event.kind === 'ordered' ? event.order.upgradeId : event.upgradeId
  if (idOf(state) === upgradeId) return { state, effects: reports(state) } // G1
  if (isOnItsWay(state)) {
    // G2
    const message = `upgrade order ${idOf(state)} is at its restart: ask again when that is over`
    return { state, effects: [{ kind: 'report', upgradeId, phase: 'REFUSED', message }] }
  }
  const before: readonly UpgradeEffect[] =
    state.kind === 'fetching' ? [{ kind: 'abandonFetch' }] : []
  const next =
    event.kind === 'ordered'
      ? goOn('fetching', event.order)
      : answer(upgradeId, 'REFUSED', event.problem)
  return { ...next, effects: [...before, ...next.effects] }
}

function isOnItsWay(state: UpgradeProgress): boolean {
  return state.kind === 'draining' || state.kind === 'restarting' || state.kind === 'trial'
}

function goOn(kind: 'fetching' | 'draining' | 'restarting', order: UpgradeOrder): UpgradeStep {
  const action = { fetching: 'fetch', draining: 'drain', restarting: 'restart' } as const
  const state = { kind, order }
  return { state, effects: [...reports(state), { kind: action[kind], order }] }
}

function answer(
  upgradeId: number,
  phase: 'DONE' | 'ROLLED_BACK' | 'REFUSED',
  message: string,
): UpgradeStep {
  const state = { kind: 'answered', upgradeId, phase, message } as const
  return { state, effects: reports(state) }
}

function stay(state: UpgradeProgress): UpgradeStep {
  return { state, effects: [] }
}

function idOf(state: UpgradeProgress): number | null {
  if ('order' in state) return state.order.upgradeId
  return state.kind === 'idle' ? null : state.upgradeId
}

function reports(state: UpgradeProgress): readonly UpgradeEffect[] {
  const report = (upgradeId: number, phase: Phase, message: string): readonly UpgradeEffect[] => [
    { kind: 'report', upgradeId, phase, message },
  ]
  switch (state.kind) {
    case 'idle':
      return []
    case 'fetching':
      return report(state.order.upgradeId, 'FETCHING', `fetches ${state.order.version}`)
    case 'draining':
      return report(state.order.upgradeId, 'DRAINING', 'running work may end')
    case 'restarting':
      return report(state.order.upgradeId, 'RESTARTING', `starts ${state.order.version}`)
    case 'trial':
      return report(state.upgradeId, 'RESTARTING', 'the new version is on trial')
    case 'answered':
      return report(state.upgradeId, state.phase, state.message)
  }
}
