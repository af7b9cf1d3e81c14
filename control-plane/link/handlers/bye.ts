import type { Bye } from '../../../proto/gen/sluice/agent/v1/Bye.ts'
import { reportLoss, storeState } from '../agent-presence.ts'
import type { FrameContext } from '../link-context.ts'

/** Nothing runs there any more. What it dropped at its deadline goes back at once. */
export function onBye({ link, record }: FrameContext, bye: Bye): void {
  record.refusesWork = true
  if (record.duty === 'draining') {
    record.duty = 'drained'
    storeState(link, record)
  }
  if (bye.drained) return
  record.releaseAll()
  record.lossToReport = 'the agent dropped what still ran at the drain deadline'
  reportLoss(link, record)
}
