import { status } from '@grpc/grpc-js'
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js'

import type { LeaveReplyInput } from '../../proto/gen/sluice/agent/v1/LeaveReply.ts'
import type { LeaveRequest } from '../../proto/gen/sluice/agent/v1/LeaveRequest.ts'
import { answerUnary, CallRefused } from './answer-unary.ts'
import { judgeHello } from './hello-verdict.ts'
import type { LinkContext } from './link-context.ts'
import { callerOfAnyAge } from './renew.ts'

/**
 * The agent is being uninstalled: it is revoked, as nobody else can use its key any more. A copy that
 * is uninstalled must not take the original with it.
 */
export function serveLeave(
  link: LinkContext,
  call: ServerUnaryCall<LeaveRequest, LeaveReplyInput>,
  reply: sendUnaryData<LeaveReplyInput>,
  revoke: (agentId: string) => Promise<void>,
): void {
  answerUnary(link, call, reply, async () => {
    const { agent } = await callerOfAnyAge(link, call)
    const { agentId, name } = agent
    const record = link.registry.obtain(agent, 'offline', link.clock.monotonicMs())
    const { facts, generation } = call.request
    if (facts === null) {
      throw new CallRefused(status.INVALID_ARGUMENT, 'the request carries no facts of the host')
    }
    const peer = call.getPeer()
    const { processId } = record.known
    const verdict = judgeHello(record.known, { facts, generation, processId }, 'none')
    if (verdict.kind === 'copy') {
      const message = `a copy of agent ${name} was uninstalled (${verdict.why}); the agent stays`
      link.audit({ kind: 'access.refused', actor: 'agent', agentId, peer, message })
      throw new CallRefused(status.PERMISSION_DENIED, message)
    }
    await revoke(agentId)
    const message = `agent ${name} was uninstalled from ${facts.hostname}`
    link.audit({ kind: 'agent.uninstalled', actor: 'agent', agentId, peer, message })
    return {}
  })
}
