import type { UpgradeState } from '../../proto/gen/sluice/agent/v1/UpgradeState.ts'
import type { Turn } from './campaign.ts'

/** Of what an agent says, kept. */
const MESSAGE_CHARS_MAX = 1_000

/**
 * What an agent's answer makes of its turn; null: nothing. It may come late, or again: only an open
 * turn's own order counts. One that was given up as lost may still end well.
 */
export function turnAfter(
  turn: Turn,
  report: UpgradeState,
  version: string,
  nowMs: number,
): Turn | null {
  const isOpen = turn.state === 'underway' || turn.state === 'lost'
  if (!isOpen || report.upgradeId !== turn.orderId) return null
  const message = report.message.slice(0, MESSAGE_CHARS_MAX)
  const over = { ...turn, changedAtMs: nowMs }
  switch (report.phase) {
    case 'FETCHING':
    case 'DRAINING':
    case 'RESTARTING':
      if (turn.state === 'lost' || turn.phase === report.phase) return null
      return { ...over, phase: report.phase, message }
    case 'DONE':
      if (report.version === version) return { ...over, state: 'done', message: '' }
      return { ...over, state: 'rolledBack', message: `it says done, but runs ${report.version}` }
    case 'ROLLED_BACK':
      return { ...over, state: 'rolledBack', message }
    case 'REFUSED':
      return { ...over, state: 'refused', message }
    case 'PHASE_UNSPECIFIED':
      return null
  }
}
