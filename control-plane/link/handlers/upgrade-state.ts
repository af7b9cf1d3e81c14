import type { UpgradeState } from '../../../proto/gen/sluice/agent/v1/UpgradeState.ts'
import type { FrameContext } from '../link-context.ts'

/** An agent that drains for an upgrade refuses work by itself: it is not even asked. */
export function onUpgradeState({ link, record }: FrameContext, state: UpgradeState): void {
  if (state.phase === 'DRAINING' || state.phase === 'RESTARTING') record.refusesWork = true
  link.upgrades.reported(record.agentId, state)
}
