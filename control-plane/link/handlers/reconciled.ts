import type { FrameContext } from '../link-context.ts'

/** The session's state machine opens the session; with it the offered generation is the agent's. */
export function onReconciled({ link, record, session }: FrameContext): void {
  const { agentId } = record
  link.log.debug({ agentId, epoch: session.epoch }, 'agent has reconciled')
  const { generationOffered } = record.known
  record.known = { ...record.known, generation: generationOffered }
  record.queue.push(() => link.store.confirmGeneration(agentId, session.epoch, generationOffered))
}
