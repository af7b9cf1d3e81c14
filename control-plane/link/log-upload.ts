/**
 * Log lines of agents and their work.
 *
 * G1. A chunk is acknowledged when it is stored, and the next one is read after that.
 * G2. Lines that come again, because their acknowledgement was lost with the connection, are known
 *     by their position and skipped. (A restart of the control plane forgets the positions: then the
 *     few chunks that were under way may be stored twice.)
 */
import { status } from '@grpc/grpc-js'
import type { ServerDuplexStream } from '@grpc/grpc-js'

import type { LogAckInput } from '../../proto/gen/sluice/agent/v1/LogAck.ts'
import type { LogChunk } from '../../proto/gen/sluice/agent/v1/LogChunk.ts'
import type { LogLine } from '../../proto/gen/sluice/agent/v1/LogLine.ts'
import { LOG_CHUNK_LINES_MAX } from '../../proto/link-limits.ts'
import type { AgentRecord } from './agent-record.ts'
import { auditRefusal, authenticateBesideSession } from './authenticate.ts'
import type { LinkContext } from './link-context.ts'
import type { StoredLogLine } from './link-store.ts'

const RUN_WORK = /^run-(\d{1,15})\//
const LEVELS: ReadonlySet<string> = new Set(['debug', 'info', 'warn', 'error'])

export async function serveLogUpload(
  link: LinkContext,
  call: ServerDuplexStream<LogChunk, LogAckInput>,
): Promise<void> {
  const refuse = (code: status, details: string): void => void call.emit('error', { code, details })
  try {
    const found = await authenticateBesideSession(link, call)
    if (!found.ok) {
      auditRefusal(link, call, found)
      return refuse(status.UNAUTHENTICATED, found.message)
    }
    const { record } = found
    const { processId } = record.known
    const end = (why: string): void => refuse(status.UNAUTHENTICATED, why)
    record.endCalls.add(end)
    call.on('close', () => record.endCalls.delete(end))
    // A refusal must still go out: leaving the loop must not destroy the stream.
    const chunks: AsyncIterable<LogChunk> = call.iterator({ destroyOnReturn: false })
    for await (const chunk of chunks) {
      if (record.revoked) return refuse(status.UNAUTHENTICATED, 'the agent was revoked')
      if (chunk.lines.length > LOG_CHUNK_LINES_MAX) {
        return refuse(status.INVALID_ARGUMENT, `a chunk holds at most ${LOG_CHUNK_LINES_MAX} lines`)
      }
      const position = await storeChunk(link, record, processId, chunk)
      call.write({ position }) // G1
    }
    call.end()
  } catch (error) {
    if (call.cancelled) return
    link.log.error({ err: error, peer: call.getPeer() }, 'log lines cannot be stored')
    refuse(status.UNAVAILABLE, 'the control plane cannot store log lines just now')
  }
}

async function storeChunk(
  link: LinkContext,
  record: AgentRecord,
  processId: string,
  chunk: LogChunk,
): Promise<number> {
  const known = record.logs?.processId === processId ? record.logs.nextPosition : 0
  const fresh = chunk.lines.slice(Math.max(0, known - chunk.position)) // G2
  if (fresh.length > 0) {
    await link.store.appendLogLines(fresh.map((line) => storedLine(record.agentId, line)))
  }
  const nextPosition = Math.max(known, chunk.position + chunk.lines.length)
  record.logs = { processId, nextPosition }
  return nextPosition
}

function storedLine(agentId: string, line: LogLine): StoredLogLine {
  const run = RUN_WORK.exec(line.workId)
  return {
    agentId,
    runId: run === null ? null : Number(run[1]),
    workId: line.workId,
    attempt: line.attempt,
    atMs: line.atMs,
    level: LEVELS.has(line.level) ? line.level : 'info',
    message: line.message,
    fields: parseFields(line.fieldsJson),
  }
}

/** What is no JSON is kept as the text that it is. */
function parseFields(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text) as unknown
  } catch {
    return { text }
  }
}
