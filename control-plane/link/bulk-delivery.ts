import { status } from '@grpc/grpc-js'
import type { sendUnaryData, ServerReadableStream } from '@grpc/grpc-js'

import type { BulkAckInput } from '../../proto/gen/sluice/agent/v1/BulkAck.ts'
import type { BulkChunk } from '../../proto/gen/sluice/agent/v1/BulkChunk.ts'
import { BULK_BYTES_MAX } from '../../proto/link-limits.ts'
import type { AgentRecord } from './agent-record.ts'
import { auditRefusal, authenticateBesideSession } from './authenticate.ts'
import type { LinkContext } from './link-context.ts'

/** Bodies that one agent may send at once: bounds the memory that it can make us use. */
const BULKS_PER_AGENT_MAX = 2

type BulkCall = ServerReadableStream<BulkChunk, BulkAckInput>

class BulkRefused extends Error {
  readonly code: status

  constructor(code: status, message: string) {
    super(message)
    this.name = 'BulkRefused'
    this.code = code
  }
}

/** One body in chunks, of an attempt that this agent holds. Acknowledged when run/ has it. */
export function serveBulkDelivery(
  link: LinkContext,
  call: BulkCall,
  reply: sendUnaryData<BulkAckInput>,
): void {
  receive(link, call).then(
    (bytes) => reply(null, { bytes }),
    (error: unknown) => {
      if (call.cancelled) return
      if (error instanceof BulkRefused) return reply({ code: error.code, details: error.message })
      link.log.error({ err: error, peer: call.getPeer() }, 'a bulk result cannot be taken')
      reply({
        code: status.UNAVAILABLE,
        details: 'the control plane cannot take the body just now',
      })
    },
  )
}

async function receive(link: LinkContext, call: BulkCall): Promise<number> {
  const found = await authenticateBesideSession(link, call)
  if (!found.ok) {
    auditRefusal(link, call, found)
    throw new BulkRefused(status.UNAUTHENTICATED, found.message)
  }
  const { record } = found
  if (record.bulksUnderWay >= BULKS_PER_AGENT_MAX) {
    throw new BulkRefused(
      status.RESOURCE_EXHAUSTED,
      `at most ${BULKS_PER_AGENT_MAX} bodies of an agent may be under way; try again`,
    )
  }
  record.bulksUnderWay += 1
  try {
    return await receiveBody(link, record, call)
  } finally {
    record.bulksUnderWay -= 1
  }
}

async function receiveBody(
  link: LinkContext,
  record: AgentRecord,
  call: BulkCall,
): Promise<number> {
  const parts: Buffer[] = []
  let bytes = 0
  // A refusal must still go out: leaving the loop must not destroy the stream.
  const chunks: AsyncIterable<BulkChunk> = call.iterator({ destroyOnReturn: false })
  for await (const chunk of chunks) {
    const ref = { workId: chunk.workId, attempt: chunk.attempt }
    if (record.outstanding.get(ref.workId)?.ref.attempt !== ref.attempt) {
      const message = `a body of attempt ${ref.attempt} of ${ref.workId}, which is not this agent's`
      const { agentId } = record
      link.audit({ kind: 'access.refused', actor: 'agent', agentId, peer: call.getPeer(), message })
      throw new BulkRefused(
        status.FAILED_PRECONDITION,
        `attempt ${ref.attempt} of ${ref.workId} is not this agent's`,
      )
    }
    bytes += chunk.data.length
    if (bytes > BULK_BYTES_MAX) {
      throw new BulkRefused(
        status.RESOURCE_EXHAUSTED,
        `the body is larger than the ${BULK_BYTES_MAX} bytes that are allowed: ask for fewer rows`,
      )
    }
    parts.push(chunk.data)
    if (chunk.last) {
      await handOver(link, record, ref, chunk.bulkId, Buffer.concat(parts))
      return bytes
    }
  }
  throw new BulkRefused(status.INVALID_ARGUMENT, 'the body ended before its last chunk')
}

/** In the agent's queue: it must come before the Result that names it. */
function handOver(
  link: LinkContext,
  record: AgentRecord,
  ref: { readonly workId: string; readonly attempt: number },
  bulkId: string,
  body: Uint8Array,
): Promise<void> {
  return new Promise((resolve, reject) => {
    record.queue.push(() => {
      try {
        link.events.bulk(record.agentId, ref, bulkId, body)
        resolve()
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
  })
}
