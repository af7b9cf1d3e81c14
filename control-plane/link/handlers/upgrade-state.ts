import type { UpgradeState } from '../../../proto/gen/sluice/agent/v1/UpgradeState.ts'
import type { FrameContext } from '../link-context.ts'

/** From its drain to the judgement an agent is given no work; it would refuse it, or lose it by a roll-back. */
export function onUpgradeState({ link, record }: FrameContext, state: UpgradeState): void {
  link.upgrades.reported(record.agentId, state)
  if (state.phase === 'DRAINING' || state.phase === 'RESTARTING') {
    record.refusesWork = true
    return
  }
  const isOver = state.phase === 'DONE' || state.phase === 'ROLLED_BACK'
  if (!isOver || !record.refusesWork) return
  record.refusesWork = false
  record.queue.push(() => {
    if (record.isReady) link.events.agentReady(record.ready)
  })
}
