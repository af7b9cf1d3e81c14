import type { FrameContext } from '../link-context.ts'

/** The session's state machine opens the session; this only says so. */
export function onReconciled({ link, record, session }: FrameContext): void {
  link.log.debug({ agentId: record.agentId, epoch: session.epoch }, 'agent has reconciled')
}
