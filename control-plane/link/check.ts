import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js'

import packageJson from '../../package.json' with { type: 'json' }
import type { CheckReplyInput } from '../../proto/gen/sluice/agent/v1/CheckReply.ts'
import type { CheckRequest } from '../../proto/gen/sluice/agent/v1/CheckRequest.ts'
import { answerUnary } from './answer-unary.ts'
import { hashToken } from './enrol.ts'
import type { LinkContext } from './link-context.ts'
import type { TokenCheck } from './link-store.ts'

const VERDICTS: Readonly<Record<TokenCheck['kind'], 'GOOD' | 'UNKNOWN' | 'EXPIRED' | 'USED'>> = {
  good: 'GOOD',
  unknown: 'UNKNOWN',
  expired: 'EXPIRED',
  used: 'USED',
}

/** Asked by the preflight, before anything is changed on a host. Burns nothing, and needs no certificate. */
export function serveCheck(
  link: LinkContext,
  call: ServerUnaryCall<CheckRequest, CheckReplyInput>,
  reply: sendUnaryData<CheckReplyInput>,
): void {
  answerUnary(link, call, reply, async () => {
    const planeTimeMs = link.clock.nowMs()
    const answer = { planeTimeMs, version: packageJson.version }
    const { token } = call.request
    if (token === '') return answer
    const check = await link.store.checkToken(hashToken(token), planeTimeMs)
    const group = check.kind === 'good' ? check.group : ''
    return { ...answer, token: VERDICTS[check.kind], group }
  })
}
