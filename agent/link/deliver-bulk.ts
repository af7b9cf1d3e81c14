import type { Metadata } from '@grpc/grpc-js'

import type { AgentLinkClient } from '../../proto/gen/sluice/agent/v1/AgentLink.ts'
import type { BulkChunkInput } from '../../proto/gen/sluice/agent/v1/BulkChunk.ts'
import { BULK_BYTES_MAX, BULK_CHUNK_BYTES } from '../../proto/link-limits.ts'
import type { WorkRef } from './work-ref.ts'

/** Sends a body too large for a control frame; resolves when the control plane has all of it. */
export async function deliverBulk(
  client: AgentLinkClient,
  metadata: Metadata,
  ref: WorkRef,
  bulkId: string,
  body: Uint8Array,
): Promise<void> {
  if (body.length > BULK_BYTES_MAX) {
    throw new Error(
      `the result takes ${body.length} bytes, at most ${BULK_BYTES_MAX} may be sent: ask for fewer rows`,
    )
  }
  await new Promise<void>((resolve, reject) => {
    const call = client.deliverBulk(metadata, (error, ack) => {
      if (error !== null) reject(error)
      else if (ack?.bytes !== body.length) reject(new Error('the control plane has not all of it'))
      else resolve()
    })
    let sent = 0
    const sendMore = (): void => {
      while (sent < body.length || body.length === 0) {
        const data = Buffer.from(body.subarray(sent, sent + BULK_CHUNK_BYTES))
        sent += data.length
        const last = sent >= body.length
        const chunk: BulkChunkInput = { ...ref, bulkId, data, last }
        const more = call.write(chunk)
        if (last) {
          call.end()
          return
        }
        if (!more) {
          call.once('drain', sendMore)
          return
        }
      }
    }
    sendMore()
  })
}
