/** The gRPC service that agents call: which call goes where, and the streams that are open. */
import type {
  Server,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  UntypedServiceImplementation,
  sendUnaryData,
} from '@grpc/grpc-js'

import type { BulkAckInput } from '../../proto/gen/sluice/agent/v1/BulkAck.ts'
import type { BulkChunk } from '../../proto/gen/sluice/agent/v1/BulkChunk.ts'
import type { CheckReplyInput } from '../../proto/gen/sluice/agent/v1/CheckReply.ts'
import type { CheckRequest } from '../../proto/gen/sluice/agent/v1/CheckRequest.ts'
import type { EnrolReplyInput } from '../../proto/gen/sluice/agent/v1/EnrolReply.ts'
import type { EnrolRequest } from '../../proto/gen/sluice/agent/v1/EnrolRequest.ts'
import type { LeaveReplyInput } from '../../proto/gen/sluice/agent/v1/LeaveReply.ts'
import type { LeaveRequest } from '../../proto/gen/sluice/agent/v1/LeaveRequest.ts'
import type { LogAckInput } from '../../proto/gen/sluice/agent/v1/LogAck.ts'
import type { LogChunk } from '../../proto/gen/sluice/agent/v1/LogChunk.ts'
import type { RenewReplyInput } from '../../proto/gen/sluice/agent/v1/RenewReply.ts'
import type { RenewRequest } from '../../proto/gen/sluice/agent/v1/RenewRequest.ts'
import { loadLinkDefinition } from '../../proto/link-definition.ts'
import { FRAME_BYTES_MAX } from '../../proto/link-limits.ts'
import { serveBulkDelivery } from './bulk-delivery.ts'
import { serveCheck } from './check.ts'
import { serveEnrol } from './enrol.ts'
import { bundleServer } from './fetch-bundle.ts'
import { serveLeave } from './leave.ts'
import type { LinkContext } from './link-context.ts'
import { serveLogUpload } from './log-upload.ts'
import { serveRenew } from './renew.ts'
import { Session } from './session.ts'
import type { SessionCall, SizedFrame } from './session.ts'

type LogCall = ServerDuplexStream<LogChunk, LogAckInput>

export interface LinkService {
  /** Asks all agents to come back, each after a time of its own, and ends their streams. */
  goAway(why: string, afterMs: () => number): void
}

/** To be called once for a server. `revoke`: of an agent that leaves. */
export function addLinkService(
  server: Server,
  link: LinkContext,
  revoke: (agentId: string) => Promise<void>,
): LinkService {
  const sessions = new Set<Session>()
  const logCalls = new Set<LogCall>()
  const { AgentLink, AgentFrame, PlaneFrame } = loadLinkDefinition()
  const sessionMethod = {
    ...AgentLink.service.Session,
    // The size must be known before decoding, and to the session, which answers by name.
    requestDeserialize: (bytes: Buffer): SizedFrame => ({
      bytes: bytes.length,
      frame: bytes.length > FRAME_BYTES_MAX ? null : AgentFrame.deserialize(bytes),
    }),
  }
  const handlers: UntypedServiceImplementation = {
    Enrol: (
      call: ServerUnaryCall<EnrolRequest, EnrolReplyInput>,
      reply: sendUnaryData<EnrolReplyInput>,
    ) => serveEnrol(link, call, reply),
    Check: (
      call: ServerUnaryCall<CheckRequest, CheckReplyInput>,
      reply: sendUnaryData<CheckReplyInput>,
    ) => serveCheck(link, call, reply),
    Renew: (
      call: ServerUnaryCall<RenewRequest, RenewReplyInput>,
      reply: sendUnaryData<RenewReplyInput>,
    ) => serveRenew(link, call, reply),
    Leave: (
      call: ServerUnaryCall<LeaveRequest, LeaveReplyInput>,
      reply: sendUnaryData<LeaveReplyInput>,
    ) => serveLeave(link, call, reply, revoke),
    Session: (call: SessionCall) => {
      const live = new Session(link, call, (frame) => PlaneFrame.serialize(frame).length)
      sessions.add(live)
      call.on('close', () => sessions.delete(live))
    },
    UploadLogs: (call: LogCall) => {
      logCalls.add(call)
      call.on('close', () => logCalls.delete(call))
      void serveLogUpload(link, call)
    },
    FetchBundle: bundleServer(link),
    DeliverBulk: (
      call: ServerReadableStream<BulkChunk, BulkAckInput>,
      reply: sendUnaryData<BulkAckInput>,
    ) => serveBulkDelivery(link, call, reply),
  }
  server.addService({ ...AgentLink.service, Session: sessionMethod }, handlers)
  return {
    goAway: (why, afterMs) => {
      for (const session of sessions) session.goAway(why, afterMs())
      for (const call of logCalls) call.end() // they have no end of their own
    },
  }
}
