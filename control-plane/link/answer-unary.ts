import { status } from '@grpc/grpc-js'
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js'

import type { LinkContext } from './link-context.ts'

/** A call that is not carried out, and why: what the caller reads. */
export class CallRefused extends Error {
  readonly code: status

  constructor(code: status, message: string) {
    super(message)
    this.name = 'CallRefused'
    this.code = code
  }
}

/** Answers a call with one reply. Whatever is not refused by name is an outage of ours. */
export function answerUnary<Request, Reply>(
  link: LinkContext,
  call: ServerUnaryCall<Request, Reply>,
  reply: sendUnaryData<Reply>,
  answer: () => Promise<Reply>,
): void {
  answer().then(
    (value) => reply(null, value),
    (error: unknown) => {
      if (error instanceof CallRefused) return reply({ code: error.code, details: error.message })
      link.log.error({ err: error, peer: call.getPeer() }, `${call.getPath()} failed`)
      reply({
        code: status.UNAVAILABLE,
        details: 'the control plane cannot reach its store; try again',
      })
    },
  )
}
